import type { Clock, Store } from '../supervisor/ports.ts';
import { createDelivery, type Delivery } from './delivery.ts';
import type { NoticeKind } from './notice.ts';
import { createNotifier, type Notifier } from './notifier.ts';
import type { Receiver } from './requests.ts';
import { createSend } from './send.ts';

type Target = Receiver & { name: string; on: readonly NoticeKind[] };

type Options = Pick<Parameters<typeof createDelivery>[0], 'clock' | 'roll' | 'log' | 'retryMs'> & {
  store: Store;
  targets: readonly Target[];
  nameOf: (workspaceId: string) => string;
  clock: Clock;
};

/**
 * Everything that tells people what happened. What was left in the outbox is sent from `begin` on.
 *
 * Without targets the store is given back as it is, and what still waits in the outbox is given up.
 */
export const openNotifications = ({ store, targets, nameOf, ...world }: Options) => {
  const receivers = new Map(targets.map((target) => [target.name, target]));
  const delivery: Delivery = createDelivery({ store, targets, send: createSend(receivers), ...world });
  const now = () => world.clock.now();
  const notifier: Notifier = createNotifier({
    store,
    targets,
    nameOf,
    now,
    onQueued: delivery.poke,
    onFault: (error) => world.log.warn({ err: error }, 'nobody is told of something that happened'),
  });
  return {
    store: targets.length === 0 ? store : notifier.store,
    noteHold(reason: string | null): void {
      if (targets.length > 0) notifier.noteHold(reason);
    },
    begin: delivery.begin,
    /** Before anything is decided: takes up the incidents that are open. */
    load: notifier.load,
    counts(): { pending: number; dead: number } {
      const standing = delivery.view().targets;
      return {
        pending: standing.reduce((sum, { pending }) => sum + pending, 0),
        dead: standing.reduce((sum, { dead }) => sum + dead, 0),
      };
    },
    side: { view: delivery.view, test: delivery.test, retry: delivery.retry },
    close: delivery.close,
  };
};
