/** How many submissions are received at one time: of one institution, and in all. */
import { RastroError } from '../../schemas/errors/index.ts';

export interface AdmissionLimits {
  readonly inAll: number;
  readonly ofInstitution: number;
}

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #open = new Map<string, number>();
  #inAll = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get open(): number {
    return this.#inAll;
  }

  /** Takes a place; it is free again when the returned function is called. @throws RastroError RAS-HTTP-TOO-MANY, -BUSY */
  enter(institution: string): () => void {
    const own = this.#open.get(institution) ?? 0;
    const { inAll, ofInstitution } = this.#limits;
    if (own >= ofInstitution) throw new RastroError('RAS-HTTP-TOO-MANY', { limit: ofInstitution });
    if (this.#inAll >= inAll) throw new RastroError('RAS-HTTP-BUSY');
    this.#open.set(institution, own + 1);
    this.#inAll++;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#inAll--;
      const left = (this.#open.get(institution) ?? 1) - 1;
      if (left === 0) this.#open.delete(institution);
      else this.#open.set(institution, left);
    };
  }
}
