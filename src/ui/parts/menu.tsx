import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';

type Item = { title: string; what: string; act: () => void };

/** A button that opens a short list of things to do. */
export const Menu = ({ label, items }: { label: string; items: Item[] }) => {
  const isOpen = useSignal(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!isOpen.value) return undefined;
    const closeOutside = (event: Event): void => {
      if (event.target instanceof Node && root.current?.contains(event.target) === false)
        isOpen.value = false;
    };
    addEventListener('pointerdown', closeOutside);
    root.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
    return () => removeEventListener('pointerdown', closeOutside);
  }, [isOpen.value]);

  const walk = (event: KeyboardEvent): void => {
    if (!isOpen.value) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      isOpen.value = false;
      button.current?.focus();
    }
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const entries = [...(root.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const here = entries.indexOf(document.activeElement as HTMLElement);
    entries.at((here + by) % entries.length)?.focus();
  };

  return (
    <div class="menu" ref={root} onKeyDown={walk}>
      <button
        ref={button}
        type="button"
        class="button button-small"
        aria-haspopup="menu"
        aria-expanded={isOpen.value}
        onClick={() => {
          isOpen.value = !isOpen.value;
        }}
      >
        {label} <Icon name="more" size={12} />
      </button>
      {isOpen.value && (
        <div class="menu-list" role="menu" aria-label={label}>
          {items.map(({ title, what, act }) => (
            <button
              key={title}
              type="button"
              role="menuitem"
              aria-label={title}
              onClick={() => {
                isOpen.value = false;
                button.current?.focus();
                act();
              }}
            >
              <span>{title}</span>
              {what !== '' && <span class="quiet">{what}</span>}
            </button>
          ))}
        </div>
      )}
    </div>
  );
};
