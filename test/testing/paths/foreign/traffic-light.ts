/** The same light without a state machine: a lamp, a wish and the time that is left. */
export class TrafficLight {
  lamp = 'red';
  protected isAwaited = false;
  protected leftMs = 30_000;

  press(): void {
    if (this.lamp === 'blinking' || this.lamp === 'walk') return;
    this.isAwaited = true;
  }

  fail(): void {
    this.show('blinking', Number.POSITIVE_INFINITY);
    this.isAwaited = false;
  }

  mend(): void {
    if (this.lamp === 'blinking') this.show('red', 30_000);
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.leftMs -= ms;
    if (this.leftMs <= 0) this.next();
  }

  protected show(lamp: string, forMs: number): void {
    this.lamp = lamp;
    this.leftMs = forMs;
  }

  protected next(): void {
    if (this.lamp === 'red' && this.isAwaited) {
      this.isAwaited = false;
      this.show('walk', 8_000);
    } else if (this.lamp === 'red' || this.lamp === 'walk') this.show('green', 20_000);
    else if (this.lamp === 'green') this.show('amber', 3_000);
    else this.show('red', 30_000);
  }
}

/** Lights that are wrong, by what is wrong with them. */
export const WRONG_LIGHTS: Record<string, { new (): TrafficLight }> = {
  'hears the button only at red': class extends TrafficLight {
    override press(): void {
      if (this.lamp === 'red') super.press();
    }
  },
  'takes the button while people walk already': class extends TrafficLight {
    override press(): void {
      if (this.lamp !== 'blinking') this.isAwaited = true;
    }
  },
  'keeps the wish through a fault': class extends TrafficLight {
    override fail(): void {
      const { isAwaited } = this;
      super.fail();
      this.isAwaited = isAwaited;
    }
  },
  'shows amber for five seconds': class extends TrafficLight {
    protected override show(lamp: string, forMs: number): void {
      super.show(lamp, lamp === 'amber' ? 5_000 : forMs);
    }
  },
  'goes back to green when it is mended': class extends TrafficLight {
    override mend(): void {
      if (this.lamp === 'blinking') this.show('green', 20_000);
    }
  },
  'blinks only when it was green': class extends TrafficLight {
    override fail(): void {
      if (this.lamp === 'green') super.fail();
    }
  },
};
