import { Icon } from './icon.tsx';
import { lookOf } from './status-look.ts';

/** A public status as icon, word and colour. */
export const StatusBadge = ({ status, large = false }: { status: string; large?: boolean }) => {
  const { word, tone, icon } = lookOf(status);
  return (
    <span class={`status ${large ? 'status-large' : ''}`} data-tone={tone} data-testid="status">
      <Icon name={icon} size={large ? 18 : 15} />
      <span>{word}</span>
    </span>
  );
};
