import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import type { Point } from '../wire.ts';
import { panBy, type Size, type View, zoomAt } from './geometry.ts';

const WHEEL_PER_DOUBLING = 400;
/** Less is a click by an unsteady hand. */
const DRAG_FROM_PX = 3;

/** Lets a drawing be dragged, and made larger and smaller by wheel and pinch. `onTake` is called when a person does. */
export const usePanZoom = (
  element: RefObject<HTMLElement | null>,
  onTake: () => void,
): { view: Signal<View>; size: Signal<Size> } => {
  const view = useSignal<View>({ x: 0, y: 0, scale: 1 });
  const size = useSignal<Size>({ width: 0, height: 0 });

  useLayoutEffect(() => {
    const target = element.current;
    if (target === null) return undefined;
    const measure = (): void => {
      size.value = { width: target.clientWidth, height: target.clientHeight };
    };
    const observer = new ResizeObserver(measure);
    observer.observe(target);
    measure();
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const target = element.current;
    if (target === null) return undefined;
    const pointers = new Map<number, Point>();
    const inside = ({ clientX, clientY }: { clientX: number; clientY: number }): Point => {
      const { left, top } = target.getBoundingClientRect();
      return { x: clientX - left, y: clientY - top };
    };
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      onTake();
      const isPan = event.shiftKey;
      view.value = isPan
        ? panBy(view.value, { x: -event.deltaY, y: 0 })
        : zoomAt(view.value, 2 ** (-event.deltaY / WHEEL_PER_DOUBLING), inside(event));
    };
    const down = (event: PointerEvent): void => {
      pointers.set(event.pointerId, inside(event));
    };
    const move = (event: PointerEvent): void => {
      const before = pointers.get(event.pointerId);
      if (before === undefined) return;
      const now = inside(event);
      const isHeld = target.hasPointerCapture(event.pointerId);
      if (!isHeld && Math.hypot(now.x - before.x, now.y - before.y) < DRAG_FROM_PX) return;
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
      if (other !== undefined) {
        const distance = (a: Point) => Math.max(1, Math.hypot(a.x - other.x, a.y - other.y));
        view.value = zoomAt(view.value, distance(now) / distance(before), other);
      } else {
        view.value = panBy(view.value, { x: now.x - before.x, y: now.y - before.y });
      }
      pointers.set(event.pointerId, now);
      onTake();
      if (!isHeld) target.setPointerCapture(event.pointerId);
    };
    const up = (event: PointerEvent): void => void pointers.delete(event.pointerId);
    target.addEventListener('wheel', wheel, { passive: false });
    target.addEventListener('pointerdown', down);
    target.addEventListener('pointermove', move);
    target.addEventListener('pointerup', up);
    target.addEventListener('pointercancel', up);
    return () => {
      target.removeEventListener('wheel', wheel);
      target.removeEventListener('pointerdown', down);
      target.removeEventListener('pointermove', move);
      target.removeEventListener('pointerup', up);
      target.removeEventListener('pointercancel', up);
    };
  }, []);

  return { view, size };
};
