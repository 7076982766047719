import type { Policy } from '../../../machines/workspace/policy.ts';
import { createIssues, invalid } from '../issues.ts';
import { createValidator } from '../validate.ts';
import { type PolicyWire, parsePolicy, policySchema } from './policy.ts';

const validate = createValidator(policySchema, 'policy.');

/**
 * Reads a policy that came from elsewhere than a request.
 * @throws {KeepwellError} with every problem in `details`, like `{ path: 'policy.offline_after', message }`
 */
export const readPolicy = (given: Record<string, unknown>, defaults: Policy): Partial<Policy> => {
  const wrong = validate(given);
  if (wrong !== null) throw invalid(wrong);
  const issues = createIssues();
  const policy = parsePolicy(given as PolicyWire, defaults, issues);
  issues.throwIfAny();
  return policy;
};
