type Answer = 'approved' | 'declined' | 'unreachable';

/** The same checkout without a state machine: a number of items, and what the bank said. */
export class Checkout {
  protected items = 0;
  protected isConfirmed = false;
  protected isCancelled = false;
  protected payment: 'none' | 'authorising' | 'declined' | 'paid' = 'none';
  protected readonly room: number = 2;

  add(): void {
    if (this.isOver || this.isConfirmed || this.items >= this.room) return;
    this.items += 1;
  }

  remove(): void {
    if (this.isOver || this.isConfirmed || this.items === 0) return;
    this.items -= 1;
  }

  confirm(): void {
    if (!this.isOver && this.items > 0) this.isConfirmed = true;
  }

  pay(): void {
    if (this.isOver || this.items === 0) return;
    if (this.payment === 'none' || this.payment === 'declined') this.payment = 'authorising';
  }

  bankSays(answer: Answer): void {
    if (this.isOver || this.payment !== 'authorising') return;
    this.payment = answer === 'approved' ? 'paid' : answer === 'declined' ? 'declined' : 'none';
  }

  cancel(): void {
    if (!this.isOver) this.isCancelled = true;
  }

  /** Where it is, as a person behind the counter would say. */
  get where(): { order: 'open' | 'placed' | 'cancelled'; cart: string; payment: string } {
    const cart = this.isConfirmed ? 'confirmed' : this.items > 0 ? 'filled' : 'empty';
    const order = this.isCancelled ? 'cancelled' : this.isPlaced ? 'placed' : 'open';
    return { order, cart, payment: this.payment };
  }

  protected get isPlaced(): boolean {
    return this.isConfirmed && this.payment === 'paid';
  }

  protected get isOver(): boolean {
    return this.isCancelled || this.isPlaced;
  }
}

/** Checkouts that are wrong, by what is wrong with them. */
export const WRONG_CHECKOUTS: Record<string, { new (): Checkout }> = {
  'takes a payment for nothing': class extends Checkout {
    override pay(): void {
      if (this.payment === 'none') this.payment = 'authorising';
      else super.pay();
    }
  },
  'lets the cart be confirmed while it is empty': class extends Checkout {
    override confirm(): void {
      if (!this.isOver) this.isConfirmed = true;
    }
  },
  'gives a declined payment no second try': class extends Checkout {
    override pay(): void {
      if (this.payment !== 'declined') super.pay();
    }
  },
  'takes a bank that cannot be reached for one that declines': class extends Checkout {
    override bankSays(answer: Answer): void {
      super.bankSays(answer === 'unreachable' ? 'declined' : answer);
    }
  },
  'has room for three': class extends Checkout {
    protected override readonly room = 3;
  },
  'is placed as soon as it is paid': class extends Checkout {
    protected override get isPlaced(): boolean {
      return this.payment === 'paid';
    }
  },
  'forgets the payment when the cart is confirmed': class extends Checkout {
    override confirm(): void {
      super.confirm();
      if (this.payment === 'authorising') this.payment = 'none';
    }
  },
};
