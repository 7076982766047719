import type { Declined } from '../../machines/workspace/types.ts';
import { isErrorCode, KeepwellError } from '../errors.ts';

/** The error of a start that was tried although it had been declined. */
export const errorOfDeclined = ({ code, message, hint }: Declined): Error =>
  isErrorCode(code) ? new KeepwellError(code, { message, hint }) : new Error(message);
