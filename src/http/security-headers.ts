import type { FastifyHelmetOptions } from '@fastify/helmet';

const NOTHING = ["'none'"];
const OURS = ["'self'"];

/** What the page may load: its own files, and nothing that was put into it. */
export const PAGE_SECURITY: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: NOTHING,
      scriptSrc: OURS,
      styleSrc: OURS,
      imgSrc: [...OURS, 'data:'],
      connectSrc: OURS,
      fontSrc: OURS,
      baseUri: NOTHING,
      formAction: OURS,
      frameAncestors: NOTHING,
    },
  },
  xFrameOptions: { action: 'deny' },
  // Whether a host is to be reached by https alone is for whoever puts TLS in front of it.
  strictTransportSecurity: false,
};

/** The same for answers that are not meant to be looked at as a page. */
export const API_SECURITY = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;
