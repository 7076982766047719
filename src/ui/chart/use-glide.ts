import type { Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { prefersCalm } from '../parts/use-media.ts';
import { between, type View } from './geometry.ts';

const GLIDE_MS = 380;

/** Goes to another view in a moment instead of at once. Whoever moves the view meanwhile has it. */
export const useGlide = (view: Signal<View>): ((to: View) => void) => {
  const frame = useRef(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  return (to) => {
    cancelAnimationFrame(frame.current);
    if (prefersCalm()) {
      view.value = to;
      return;
    }
    const from = view.value;
    const begin = performance.now();
    let shown = from;
    const step = (at: number): void => {
      if (view.value !== shown) return;
      const part = Math.min(1, Math.max(0, (at - begin) / GLIDE_MS));
      shown = between(from, to, 1 - (1 - part) ** 3);
      view.value = shown;
      if (part < 1) frame.current = requestAnimationFrame(step);
    };
    frame.current = requestAnimationFrame(step);
  };
};
