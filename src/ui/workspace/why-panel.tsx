import { useSignal } from '@preact/signals';
import { DeadlineText } from '../parts/deadline-text.tsx';
import { formatClock } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { workspaceHash } from '../parts/route.ts';
import { lookOf } from '../parts/status-look.ts';
import { isAdmin } from '../session/session.ts';
import type { Moment, Why } from '../wire.ts';
import { carryOut } from './carry-out.tsx';
import { useWorkspace } from './store-context.ts';
import { leafName } from './transition-words.ts';
import { wordsFor } from './verb-words.ts';

/** Why it is where it is, what moves it next, and what a person can do. */
export const WhyPanel = () => {
  const { shown, at } = useWorkspace();
  const moment = shown.value;
  return (
    <section class="card why" aria-labelledby="why-title" data-testid="why">
      <h2 id="why-title">Why</h2>
      {moment === null ? (
        <p class="quiet">…</p>
      ) : (
        <div data-tone={lookOf(moment.status).tone}>
          <p class="why-text" data-testid="why-text">
            {moment.why.text}
          </p>
          <Evidence why={moment.why} />
          <Next moment={moment} />
          {at.value === null && <Help operator={moment.why.operator} />}
        </div>
      )}
    </section>
  );
};

const Evidence = ({ why: { evidence } }: { why: Why }) => {
  const { name } = useWorkspace();
  if (evidence === null) return null;
  return (
    <p class="quiet why-evidence">
      It came here by <a href={workspaceHash(name, evidence.seq)}>{evidence.event}</a> at{' '}
      {formatClock(evidence.at)}
      {evidence.from !== null && <> from {leafName(evidence.from)}</>}.
    </p>
  );
};

/** What is armed with its moment, and what may happen at any time. */
const Next = ({ moment }: { moment: Moment }) => {
  const timed = moment.armed;
  const anytime = moment.why.next.filter(({ when }) => when === null);
  if (timed.length + anytime.length === 0) return null;
  const from = moment.live ? null : moment.at;
  return (
    <>
      <h3>Next</h3>
      <ul class="next" data-testid="next-moves">
        {timed.map(({ name, at, to }) => (
          <li key={name}>
            <Icon name="clock" size={14} />
            <DeadlineText name={name} at={at} from={from} />
            <Lead to={to} />
          </li>
        ))}
        {anytime.map(({ event, text }) => (
          <li key={event}>
            <Icon name="arrow" size={14} />
            <span title={event}>{text}</span>
          </li>
        ))}
      </ul>
    </>
  );
};

const Lead = ({ to }: { to: string | null }) =>
  to === null ? null : (
    <span class="lead">
      <span aria-hidden="true">→ </span>
      <span class="visually-hidden">leads to </span>
      {leafName(to)}
    </span>
  );

/** What helps here is offered here too; what only disturbs is left to the head of the page. */
const Help = ({ operator }: { operator: Why['operator'] }) => {
  const { name } = useWorkspace();
  const busy = useSignal(false);
  const act = async (verb: string): Promise<void> => {
    busy.value = true;
    await carryOut(name, verb);
    busy.value = false;
  };
  const helpful = operator.filter(({ verb }) => wordsFor(verb).confirm === null);
  if (helpful.length === 0) return null;
  return (
    <>
      <h3>You can</h3>
      <ul class="help-list">
        {helpful.map(({ verb, command, text }) => (
          <li key={verb}>
            {isAdmin.value && (
              <button
                type="button"
                class="button button-small"
                disabled={busy.value}
                onClick={() => void act(verb)}
              >
                {wordsFor(verb).title}
                <span class="visually-hidden"> (from why)</span>
              </button>
            )}
            <span>
              {text} <code>{command}</code>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
};
