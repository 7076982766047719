import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { LogsTab } from './logs/logs-tab.tsx';
import { PluginsTab } from './plugins/plugins-tab.tsx';
import { SpecTab } from './spec/spec-tab.tsx';
import { TimelineTab } from './timeline/timeline-tab.tsx';

const TABS = [
  { key: 'timeline', title: 'Timeline', Body: TimelineTab },
  { key: 'plugins', title: 'Plugins', Body: PluginsTab },
  { key: 'logs', title: 'Logs', Body: LogsTab },
  { key: 'spec', title: 'Spec', Body: SpecTab },
] as const;

/** What happened, what it is equipped with, what it printed, and what was asked of it. */
export const WorkspaceTabs = () => {
  const chosen = useSignal<(typeof TABS)[number]['key']>('timeline');
  const list = useRef<HTMLDivElement>(null);
  const walk = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const here = TABS.findIndex(({ key }) => key === chosen.value);
    const next = TABS.at((here + by) % TABS.length);
    if (next === undefined) return;
    chosen.value = next.key;
    list.current?.querySelector<HTMLElement>(`#tab-${next.key}`)?.focus();
  };
  const { key, Body } = TABS.find((tab) => tab.key === chosen.value) ?? TABS[0];
  return (
    <section class="card tabs">
      <div class="tab-list" role="tablist" aria-label="About this workspace" ref={list} onKeyDown={walk}>
        {TABS.map((tab) => (
          <button
            key={tab.key}
            id={`tab-${tab.key}`}
            type="button"
            role="tab"
            aria-selected={tab.key === key}
            aria-controls="tab-panel"
            tabIndex={tab.key === key ? 0 : -1}
            onClick={() => {
              chosen.value = tab.key;
            }}
          >
            {tab.title}
          </button>
        ))}
      </div>
      <div id="tab-panel" class="tab-panel" role="tabpanel" aria-labelledby={`tab-${key}`} tabIndex={0}>
        <Body />
      </div>
    </section>
  );
};
