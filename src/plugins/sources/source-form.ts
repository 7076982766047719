import { KeepwellError } from '../../errors.ts';

/** How one kind of source is written. `print` gives the normal form, and `parse` reads it back unchanged. */
export interface SourceForm<Source> {
  /** Whether a text means this kind, well-formed or not. */
  claims(text: string): boolean;
  /** @throws {KeepwellError} naming what is wrong; never repeats the text, which may hold a secret */
  parse(text: string): Source;
  print(source: Source): string;
  /** What a plugin from there is called if nobody says otherwise; perhaps no valid name. */
  nameOf(source: Source): string;
}

/** A `PLUGIN_SOURCE_INVALID` that says why. */
export const invalidSource = (why: string, hint?: string) =>
  new KeepwellError('PLUGIN_SOURCE_INVALID', {
    message: `That is not a plugin source: ${why}.`,
    ...(hint === undefined ? {} : { hint }),
  });
