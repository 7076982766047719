import type { WorkspaceSpec } from '../../../machines/workspace/spec.ts';
import { type ErrorCode, KeepwellError } from '../../errors.ts';
import type { WorkspaceView } from '../../supervisor/api.ts';
import type { HttpContext } from '../context.ts';
import { findByName } from '../find-by-name.ts';
import type { Issue } from '../issues.ts';
import { refuseSilentEmpty } from '../refuse-silent-empty.ts';
import { DocumentBody } from '../schemas/spec.ts';
import { createValidator } from '../validate.ts';
import { parseSpec, specToWire } from '../wire/spec.ts';
import { mergeApplied } from './merge-applied.ts';
import { type FullSpec, type ReadDocument, readDocument } from './read-document.ts';

/** A document that may be applied. */
export type Wanted = ReadDocument & {
  /** What is there under its name; null when nothing is. */
  view: WorkspaceView | null;
  /** What a workspace that is so becomes; null stands for one that is not there. */
  revise: (current: WorkspaceSpec | null) => WorkspaceSpec;
};

type DocumentIssue = Issue & { document: number; name: string | null };
export type ApplyOptions = { set: string; prune: boolean };

const validate = createValidator(DocumentBody);

/**
 * Reads every document, and finds out what each would make of what is there. Changes nothing.
 *
 * @throws with every problem of every document in `details`: `documents.<index>.<field>`, the document's index and name
 */
export const readDocuments = async (
  context: HttpContext,
  documents: readonly unknown[],
  options: ApplyOptions,
): Promise<Wanted[]> => {
  const problems: { issue: DocumentIssue; code: ErrorCode }[] = [];
  const wanted: Wanted[] = [];
  const names = new Set<string>();
  for (const [index, document] of documents.entries()) {
    const name = nameOf(document);
    const complain = ({ path, message }: Issue, code: ErrorCode = 'BAD_REQUEST') => {
      const place = path === '' ? `documents.${index}` : `documents.${index}.${path}`;
      problems.push({ issue: { path: place, message, document: index, name }, code });
    };
    if (name !== null && names.has(name))
      complain({ path: 'name', message: 'is that of an earlier document too' });
    if (name !== null) names.add(name);
    const misshapen = validate(document);
    for (const issue of misshapen ?? []) complain(issue);
    if (misshapen !== null) continue;
    try {
      wanted.push(await readOne(context, document as DocumentBody, options));
    } catch (error) {
      if (!(error instanceof KeepwellError)) throw error;
      for (const issue of issuesOf(error)) complain(issue, error.code);
    }
  }
  if (problems.length > 0) throw refusal(problems);
  return wanted;
};

const readOne = async (
  context: HttpContext,
  document: DocumentBody,
  { set, prune }: ApplyOptions,
): Promise<Wanted> => {
  const read = await readDocument(context, document);
  const applied = { set, document: read.said };
  const revise = (current: WorkspaceSpec | null): WorkspaceSpec => {
    // Another kind of workspace is no place to merge into; it is refused as a conflict.
    if (current === null || current.runtime !== read.spec.runtime) return { ...read.spec, applied };
    const last = current.applied?.document as Partial<FullSpec> | undefined;
    const merged = mergeApplied({ last: last ?? null, next: read.said, live: specToWire(current), prune });
    const known = [...read.spec.plugins, ...current.plugins];
    const revised = { ...parseSpec(merged, { ...context, known }), applied };
    refuseSilentEmpty(current, revised);
    return revised;
  };
  const view = findByName(context.supervisor, read.spec.name);
  revise(view?.spec ?? null);
  return { ...read, view, revise };
};

const nameOf = (document: unknown): string | null => {
  const { name } = (document ?? {}) as { name?: unknown };
  return typeof name === 'string' ? name.slice(0, 100) : null;
};

/** What is wrong with a template is so in another file: there, the document's problem is that it names it. */
const issuesOf = ({ code, message, details }: KeepwellError): Issue[] => {
  if (code.startsWith('TEMPLATE_')) return [{ path: 'template', message }];
  return Array.isArray(details) ? (details as Issue[]) : [{ path: '', message }];
};

const refusal = (problems: { issue: DocumentIssue; code: ErrorCode }[]): KeepwellError => {
  const [first] = problems as [(typeof problems)[number]];
  const code = problems.every((each) => each.code === first.code) ? first.code : 'BAD_REQUEST';
  const { path, message, name } = first.issue;
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
  return new KeepwellError(code, {
    message: `\`${path}\`${name === null ? '' : ` of ${name}`} ${message}${more}.`,
    hint: 'Nothing was changed; `details` lists every problem.',
    details: problems.map(({ issue }) => issue),
  });
};
