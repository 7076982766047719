import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { openStream } from '../../live/open-stream.ts';
import { workspacePath } from '../../session/request.ts';
import { useWorkspace } from '../store-context.ts';

const TAIL = 300;
const KEPT = 3_000;
const NEAR_END_PX = 24;

/** What the agent prints, as it prints it. Reading further up stops the following until the end is reached again. */
export const LogsTab = () => {
  const { name, absence } = useWorkspace();
  const lines = useSignal<string[]>([]);
  const follows = useSignal(true);
  const box = useRef<HTMLPreElement>(null);

  useEffect(() => {
    if (absence.value !== null) return undefined;
    let pending: string[] = [];
    let frame = 0;
    let isAgain = false;
    const flush = (): void => {
      frame = 0;
      // A log has no positions: after an interruption its tail comes anew.
      lines.value = (isAgain ? pending : [...lines.value, ...pending]).slice(-KEPT);
      isAgain = false;
      pending = [];
    };
    const stream = openStream(workspacePath(name, `/logs?follow=true&tail=${TAIL}`), {
      isAside: true,
      onOpen: () => {
        isAgain = true;
        pending = [];
      },
      onEvent: ({ data }) => {
        pending.push(data);
        if (frame === 0) frame = requestAnimationFrame(flush);
      },
    });
    return () => {
      cancelAnimationFrame(frame);
      stream.close();
    };
  }, [name, absence.value]);

  useLayoutEffect(() => {
    if (follows.value && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [lines.value, follows.value]);

  return (
    <div class="logs">
      <div class="logs-head">
        <label class="check">
          <input
            type="checkbox"
            checked={follows.value}
            onChange={(event) => {
              follows.value = event.currentTarget.checked;
            }}
          />{' '}
          Follow
        </label>
        <span class="quiet">{lines.value.length} lines, since the last boot and before</span>
      </div>
      <pre
        ref={box}
        class="code-area"
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Output of the agent"
        data-testid="logs"
        onScroll={(event) => {
          const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
          follows.value = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
        }}
      >
        {lines.value.length === 0 ? 'Nothing was printed yet.' : lines.value.join('\n')}
      </pre>
    </div>
  );
};
