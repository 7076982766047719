import { effect, signal } from '@preact/signals';
import { Icon, type IconName } from './icon.tsx';

const KEY = 'keepwell-theme';
const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const ICONS: Record<Theme, IconName> = { auto: 'auto', light: 'sun', dark: 'moon' };

const remembered = (): Theme => THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto';

const theme = signal<Theme>(remembered());

effect(() => {
  document.documentElement.dataset['theme'] = theme.value;
  localStorage.setItem(KEY, theme.value);
});

/** Goes round: as the system has it, light, dark. */
export const ThemeButton = () => {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'auto';
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`Theme: ${theme.value}. Change to ${next}`}
      title={`Theme: ${theme.value}`}
      onClick={() => {
        theme.value = next;
      }}
    >
      <Icon name={ICONS[theme.value]} />
    </button>
  );
};
