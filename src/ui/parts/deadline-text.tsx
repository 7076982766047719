import { deadlineWords } from './deadline-words.ts';
import { Countdown } from './time.tsx';

/** `restart in 8 s`, `provision within 28 s`; ticks. */
export const DeadlineText = ({
  name,
  at,
  from = null,
}: {
  name: string;
  at: string;
  from?: string | null;
}) => {
  const { what, how } = deadlineWords(name);
  return (
    <span class="deadline">
      {what} {how} <Countdown at={at} from={from} />
    </span>
  );
};
