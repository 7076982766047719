import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Ago } from '../parts/time.tsx';
import { tell, tellProblem } from '../parts/toasts.tsx';
import { request } from '../session/request.ts';
import { isAdmin, READ_ONLY } from '../session/session.ts';
import type { NotifyWire } from '../wire.ts';

const POLL_MS = 5_000;

/** Who is told of trouble, and whether that works; each target can be tried out. */
export const NotifyCard = () => {
  const told = useSignal<NotifyWire | null>(null);
  const trying = useSignal<string | null>(null);
  useEffect(() => {
    const read = async (): Promise<void> => {
      if (document.hidden) return;
      try {
        told.value = await request<NotifyWire>('/notify');
      } catch {
        // The supervisor's own card says that it does not answer.
      }
    };
    void read();
    const timer = setInterval(() => void read(), POLL_MS);
    return () => clearInterval(timer);
  }, []);

  const tryOut = async (target: string): Promise<void> => {
    trying.value = target;
    try {
      const { delivered, problem } = await request<{ delivered: boolean; problem: string | null }>(
        '/notify/test',
        { method: 'POST', body: { target } },
      );
      if (delivered) tell('done', `A test arrived at ${target}.`);
      else tell('problem', `Nothing arrived at ${target}.`, problem);
    } catch (error) {
      tellProblem(error);
    } finally {
      trying.value = null;
    }
  };

  if (told.value === null) return null;
  const { targets, dead_letters: letters } = told.value;
  return (
    <section class="card" data-testid="notify">
      <h2>Notifications</h2>
      {targets.length === 0 ? (
        <p class="quiet">
          Nobody is told of trouble. Name targets under <code>notify</code> in <code>keepwell.yaml</code>.
        </p>
      ) : (
        <div class="table-scroll" role="region" aria-label="Notifications" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Target</th>
                <th scope="col">Kind</th>
                <th scope="col">Delivered</th>
                <th scope="col">Waiting</th>
                <th scope="col">Given up</th>
                <th scope="col">Problem</th>
                <th scope="col">Try</th>
              </tr>
            </thead>
            <tbody>
              {targets.map(({ name, kind, delivered_at: at, pending, dead, problem }) => (
                <tr key={name} data-tone={problem === null && dead === 0 ? undefined : 'bad'}>
                  <th scope="row">{name}</th>
                  <td>{kind}</td>
                  <td>{at === null ? 'not yet' : <Ago at={at} suffix=" ago" />}</td>
                  <td>{pending}</td>
                  <td>{dead}</td>
                  <td>{problem ?? letters.find(({ target }) => target === name)?.problem ?? 'none'}</td>
                  <td>
                    <button
                      type="button"
                      class="button"
                      aria-label={`Send a test to ${name}`}
                      disabled={trying.value !== null || !isAdmin.value}
                      title={isAdmin.value ? undefined : READ_ONLY}
                      onClick={() => void tryOut(name)}
                    >
                      Send a test
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
};
