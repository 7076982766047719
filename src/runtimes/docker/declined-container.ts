import type { ContainerSettings } from '../../../machines/workspace/container.ts';
import type { Declined } from '../../../machines/workspace/types.ts';
import { describeError, type ErrorCode } from '../../errors.ts';
import { isOfHost } from './container-options.ts';
import type { Engine } from './engine.ts';

type Question = {
  container: ContainerSettings | null;
  network: string;
  allowPrivileged: boolean;
  url: string | null;
  listensOn: string;
  signal: AbortSignal;
};

/**
 * Why such a container can certainly not start, or null. An image that is not there is pulled.
 *
 * @throws When the engine or the registry cannot be asked.
 */
export const declinedContainer = async (
  engine: Pick<Engine, 'hasImage' | 'pull' | 'hasNetwork'>,
  { container, allowPrivileged, url, listensOn, signal, ...defaults }: Question,
): Promise<Declined | null> => {
  if (container === null) return declined('IMAGE_MISSING');
  const { image, privileged } = container;
  if (privileged && !allowPrivileged) return declined('PRIVILEGED_NOT_ALLOWED');
  const network = container.network ?? defaults.network;
  const seesUs = isOfHost(network) || url !== null || !isLoopback(listensOn);
  if (!seesUs) {
    const message = `Keepwell listens on ${listensOn} only, where no container can reach it.`;
    return declined('CONTAINER_CANNOT_REACH', message);
  }
  if (!network.startsWith('container:') && !(await engine.hasNetwork(network))) {
    return declined('NETWORK_NOT_FOUND', `The engine has no network ${network}.`);
  }
  if ((await engine.hasImage(image)) || (await engine.pull(image, signal))) return null;
  return declined('IMAGE_NOT_FOUND', `There is no image ${image}, here or at its registry.`);
};

const declined = (code: ErrorCode, message?: string): Declined => {
  const described = describeError(code);
  return { kind: 'declined', code, message: message ?? described.message, hint: described.hint };
};

const isLoopback = (host: string): boolean => /^(localhost|127\.[\d.]+|\[?::1\]?)$/.test(host);
