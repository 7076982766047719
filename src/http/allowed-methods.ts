/** Remembers which methods a path has, to tell "no such route" from "not with this method". */
export const createAllowedMethods = () => {
  const routes: { steps: string[]; methods: Set<string> }[] = [];
  return {
    add(url: string, method: string | string[]) {
      const steps = url.split('/');
      const known = routes.find((route) => route.steps.join('/') === url);
      const route = known ?? { steps, methods: new Set<string>() };
      if (known === undefined) routes.push(route);
      for (const each of [method].flat()) route.methods.add(each);
    },
    /** Methods of every route that matches the path, sorted; empty when there is none. */
    of(path: string): string[] {
      const steps = path.split('/');
      const matching = routes.filter((route) => matches(route.steps, steps));
      return [...new Set(matching.flatMap((route) => [...route.methods]))].sort();
    },
  };
};

const matches = (pattern: string[], steps: string[]): boolean =>
  pattern.length === steps.length &&
  pattern.every((part, index) => (part.startsWith(':') ? steps[index] !== '' : part === steps[index]));
