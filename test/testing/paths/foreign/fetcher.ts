type Page = { items: number };
type Timers = { set(ms: number, act: () => void): void; clear(): void };

/** The same fetcher without a state machine: promises, timers and a count. */
export class Fetcher {
  shows: 'idle' | 'loading' | 'waiting' | 'empty' | 'page' | 'failed' = 'idle';
  protected tries = 0;
  protected readonly mostTries: number = 3;
  protected readonly fetch: () => Promise<Page>;
  protected readonly timers: Timers;
  /** Which fetch is the one whose answer counts. */
  protected current = 0;

  constructor(fetch: () => Promise<Page>, timers: Timers) {
    this.fetch = fetch;
    this.timers = timers;
  }

  want(): void {
    if (this.shows === 'idle') this.begin();
  }

  refresh(): void {
    if (this.shows === 'page' || this.shows === 'empty' || this.shows === 'failed') this.begin();
  }

  cancel(): void {
    if (this.shows === 'loading' || this.shows === 'waiting' || this.shows === 'failed') this.settle('idle');
  }

  protected begin(): void {
    this.tries = 0;
    void this.load();
  }

  protected async load(): Promise<void> {
    this.show('loading');
    this.tries += 1;
    const mine = this.current;
    this.timers.set(10_000, () => this.missed());
    try {
      const { items } = await this.fetch();
      if (mine === this.current) this.arrived(items);
    } catch {
      if (mine === this.current) this.missed();
    }
  }

  protected arrived(items: number): void {
    this.settle(items === 0 ? 'empty' : 'page');
    if (items > 0) this.timers.set(60_000, () => this.begin());
  }

  protected missed(): void {
    if (this.tries >= this.mostTries) return this.settle('failed');
    this.show('waiting');
    this.timers.set(this.pause(), () => void this.load());
  }

  protected pause(): number {
    return 1_000 * 2 ** (this.tries - 1);
  }

  protected settle(shows: Fetcher['shows']): void {
    this.show(shows);
    this.tries = 0;
  }

  protected show(shows: Fetcher['shows']): void {
    this.timers.clear();
    this.current += 1;
    this.shows = shows;
  }
}

/** Fetchers that are wrong, by what is wrong with them. */
export const WRONG_FETCHERS: Record<string, typeof Fetcher> = {
  'gives up after two tries': class extends Fetcher {
    protected override readonly mostTries = 2;
  },
  'never gives up': class extends Fetcher {
    protected override readonly mostTries = Number.POSITIVE_INFINITY;
  },
  'counts tries across requests': class extends Fetcher {
    protected override begin(): void {
      void this.load();
    }
    protected override settle(shows: Fetcher['shows']): void {
      this.show(shows);
    }
  },
  'waits equally long each time': class extends Fetcher {
    protected override pause(): number {
      return 1_000;
    }
  },
  'shows an empty page like any other': class extends Fetcher {
    protected override arrived(items: number): void {
      super.arrived(Math.max(1, items));
    }
  },
  'cannot be cancelled while it waits': class extends Fetcher {
    override cancel(): void {
      if (this.shows !== 'waiting') super.cancel();
    }
  },
  'never finds a page old': class extends Fetcher {
    protected override arrived(items: number): void {
      this.settle(items === 0 ? 'empty' : 'page');
    }
  },
};
