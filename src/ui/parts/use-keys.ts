import { useEffect, useRef } from 'preact/hooks';
import { showHelp } from './help.tsx';

type Keys = Record<string, (event: KeyboardEvent) => void>;

/** Listens for single keys on the whole page while nothing is being typed and no dialog is open. */
export const useKeys = (keys: Keys): void => {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector('dialog[open]') !== null) return;
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      if (isTyping && event.key !== 'Escape') return;
      const act = event.key === '?' ? showHelp : latest.current[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act(event);
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
};
