import { type Case, expectThat } from '../../case.ts';
import { field, told } from '../http.ts';
import { expectField, expectStatus, pause } from '../played.ts';
import type { ServerWorld } from '../world.ts';

/** Silence that is soon noticed. */
const SOON = { policy: { offline_after: '1s' } };
const TOO_LARGE = 20 * 1024;
const STEADY_BEATS = 5;

/** What a beat does, and what it is answered. */
export const beatCases: Case<ServerWorld>[] = [
  {
    id: 'beats/first-brings-online',
    title: 'The first beat makes a workspace online',
    async run({ open }) {
      const agent = await open();
      const reply = await agent.beat();
      expectStatus(reply, 'the beat', [200]);
      expectField(reply.body, 'workspace_status', 'online');
      expectField(await agent.view(), 'status', 'online');
    },
  },
  {
    id: 'beats/reply-has-all-fields',
    title: 'A reply to a beat tells status, generation, interval, lease and whether a restart is pending',
    async run({ open }) {
      const agent = await open();
      const { body } = await agent.beat();
      expectField(body, 'status', 'ok');
      const kinds: [string, string][] = [
        ['workspace_status', 'string'],
        ['generation', 'number'],
        ['interval_seconds', 'number'],
        ['lease_expires_at', 'string'],
        ['restart_pending', 'boolean'],
      ];
      for (const [name, kind] of kinds) {
        expectThat(typeof body[name] === kind, `${name} to be a ${kind}`, { [name]: body[name] });
      }
    },
  },
  {
    id: 'beats/interval-sane',
    title: 'The interval is above 0 and shorter than the lease, which ends in the future',
    async run({ open }) {
      const agent = await open({ policy: { offline_after: '3m' } });
      const reply = await agent.beat();
      const interval = Number(reply.body.interval_seconds);
      expectThat(interval > 0 && interval <= 900, 'interval_seconds above 0 and at most 900', interval);
      const here = Date.parse(reply.headers.get('date') ?? '') || Date.now();
      const left = (Date.parse(String(reply.body.lease_expires_at)) - here) / 1000;
      // The `Date` of a reply knows whole seconds.
      expectThat(left + 1 >= interval, 'a lease that outlasts the interval', `${left} s for ${interval} s`);
      expectThat(Math.abs(left - 180) <= 3, 'a lease of offline_after (180 s)', `${left} s`);
    },
  },
  {
    id: 'beats/renew-the-lease',
    title: 'Every accepted beat renews the lease',
    async run({ open }) {
      const agent = await open();
      const first = Date.parse(String((await agent.beat()).body.lease_expires_at));
      await pause(300);
      const second = Date.parse(String((await agent.beat()).body.lease_expires_at));
      expectThat(
        second - first >= 200,
        'lease_expires_at to move on by about 300 ms',
        `${second - first} ms`,
      );
    },
  },
  {
    id: 'beats/keep-alive',
    title: 'An agent that beats within its lease stays online',
    async run({ open }) {
      const agent = await open({ policy: { offline_after: '2s' } });
      await agent.goesOnline();
      for (let times = 0; times < 10; times += 1) {
        await pause(300);
        expectField((await agent.beat()).body, 'workspace_status', 'online');
      }
    },
  },
  {
    id: 'beats/unknown-field-ignored',
    title: 'A field that nobody knows is ignored',
    async run({ open }) {
      const agent = await open();
      expectStatus(await agent.beat({ moon_phase: 'full', nested: { deep: [1, null] } }), 'the beat', [200]);
    },
  },
  {
    id: 'beats/id-alone-suffices',
    title: 'A beat of nothing but workspace_id is accepted',
    async run({ open, http }) {
      const agent = await open();
      const body = { workspace_id: agent.id };
      const reply = await http('POST', '/registry/heartbeat', { token: agent.token, body });
      expectStatus(reply, 'the beat', [200]);
      expectField(reply.body, 'workspace_status', 'online');
    },
  },
  {
    id: 'beats/facts-shown',
    title: 'What a beat says is shown',
    async run({ open }) {
      const agent = await open();
      const facts = {
        error_rate: 0.25,
        sample_error: 'no route',
        active_tasks: 3,
        current_task: 'reading',
        uptime_seconds: 77,
      };
      await agent.beat(facts);
      const view = await agent.view();
      expectField(view, 'last_error_rate', 0.25);
      expectField(view, 'last_sample_error', 'no route');
      expectField(view, 'active_tasks', 3);
      expectField(view, 'current_task', 'reading');
      expectField(view, 'uptime_seconds', 77);
      expectThat(
        typeof view.last_heartbeat_at === 'string',
        'last_heartbeat_at to be a moment',
        view.last_heartbeat_at,
      );
    },
  },
  {
    id: 'beats/steady-ones-write-no-history',
    title: 'Beats that change nothing write no history',
    async run({ open }) {
      const agent = await open();
      await agent.goesOnline();
      // Whatever coming online entails is over.
      await pause(500);
      await agent.beat();
      const before = (await agent.history()).length;
      for (let times = 0; times < STEADY_BEATS; times += 1) await agent.beat({ uptime_seconds: 10 + times });
      const after = (await agent.history()).length;
      expectThat(after === before, `no new rows after ${STEADY_BEATS} beats`, `${after - before} new rows`);
    },
  },
  {
    id: 'beats/failing-degrades',
    title: 'An error rate of 0.5 or more degrades',
    async run({ open }) {
      const agent = await open();
      await agent.goesOnline();
      expectField((await agent.beat({ error_rate: 0.5 })).body, 'workspace_status', 'degraded');
    },
  },
  {
    id: 'beats/between-the-limits-keeps',
    title: 'An error rate between 0.1 and 0.5 changes nothing, whether online or degraded',
    async run({ open }) {
      const agent = await open();
      await agent.goesOnline();
      expectField((await agent.beat({ error_rate: 0.3 })).body, 'workspace_status', 'online');
      await agent.beat({ error_rate: 0.9 });
      expectField((await agent.beat({ error_rate: 0.3 })).body, 'workspace_status', 'degraded');
    },
  },
  {
    id: 'beats/recovered-is-online-again',
    title: 'An error rate below 0.1 brings it back online',
    async run({ open }) {
      const agent = await open();
      await agent.goesOnline();
      await agent.beat({ error_rate: 0.9 });
      expectField((await agent.beat({ error_rate: 0.05 })).body, 'workspace_status', 'online');
    },
  },
  {
    id: 'beats/wedged-degrades',
    title: 'runtime_state "wedged" degrades, whatever the error rate is',
    async run({ open }) {
      const agent = await open();
      await agent.goesOnline();
      expectField((await agent.beat({ runtime_state: 'wedged' })).body, 'workspace_status', 'degraded');
      expectField((await agent.beat({ runtime_state: '' })).body, 'workspace_status', 'online');
    },
  },
  {
    id: 'beats/own-status-management-believed',
    title: 'With capabilities.status_mgmt the error rate degrades nobody',
    async run({ open }) {
      const agent = await open();
      await agent.goesOnline();
      const runtime_metadata = { capabilities: { status_mgmt: true } };
      expectField(
        (await agent.beat({ error_rate: 0.9, runtime_metadata })).body,
        'workspace_status',
        'online',
      );
    },
  },
  {
    id: 'beats/silence-ends-online',
    title: 'An agent that is silent past its lease is no longer called online',
    async run({ open }) {
      const agent = await open(SOON);
      await agent.goesOnline();
      await agent.isMissed();
    },
  },
  {
    id: 'beats/silence-is-judged-for-those-who-only-register',
    title: 'An agent that registered and never beat is missed too',
    async run({ open }) {
      const agent = await open(SOON);
      await agent.register();
      await agent.reaches('online');
      await agent.isMissed();
    },
  },
  {
    id: 'beats/changes-do-not-renew',
    title: 'Changes of the workspace do not pass for beats',
    async run({ open }) {
      const agent = await open(SOON);
      await agent.goesOnline();
      const over = new AbortController();
      const change = async () => {
        for (let turn = 0; !over.signal.aborted; turn += 1) {
          await agent.patch({ role: `role ${turn}` });
          await pause(100);
        }
      };
      const changing = change();
      try {
        await agent.isMissed();
      } finally {
        over.abort();
        await changing;
      }
    },
  },
  {
    id: 'beats/quiet-lease-kept',
    title: 'An agent that says how long it will be silent is not missed before',
    async run({ open }) {
      const agent = await open(SOON);
      await agent.goesOnline();
      expectStatus(await agent.beat({ quiet_for_seconds: 30 }), 'the beat', [200]);
      await pause(2_500);
      expectField(await agent.view(), 'status', 'online');
    },
  },
  {
    id: 'beats/malformed-json-refused',
    title: 'A body that is no JSON is answered 400',
    async run({ open, http }) {
      const { token } = await open();
      expectStatus(
        await http('POST', '/registry/heartbeat', { token, raw: '{"workspace_id": ' }),
        'the beat',
        [400],
      );
    },
  },
  {
    id: 'beats/missing-id-refused',
    title: 'A beat without workspace_id is answered 400',
    async run({ open, http }) {
      const { token } = await open();
      expectStatus(
        await http('POST', '/registry/heartbeat', { token, body: { error_rate: 0 } }),
        'the beat',
        [400],
      );
    },
  },
  {
    id: 'beats/wrong-types-refused',
    title: 'A field of the wrong type is answered 400 and changes nothing',
    async run({ open }) {
      const agent = await open();
      for (const facts of [{ error_rate: 'high' }, { error_rate: 7 }, { active_tasks: [] }]) {
        expectStatus(await agent.beat(facts), `a beat with ${JSON.stringify(facts)}`, [400]);
      }
      const { status } = await agent.view();
      expectThat(
        status !== 'online' && status !== 'degraded',
        'a workspace that nobody beat for',
        `status ${String(status)}`,
      );
    },
  },
  {
    id: 'beats/oversized-refused',
    title: 'A beat of more than 16 KiB is answered 413 and changes nothing',
    async run({ open }) {
      const agent = await open();
      expectStatus(await agent.beat({ sample_error: 'x'.repeat(TOO_LARGE) }), 'the beat', [413]);
      const { status } = await agent.view();
      expectThat(status !== 'online', 'a workspace that nobody beat for', `status ${String(status)}`);
    },
  },
  {
    id: 'beats/no-token-refused',
    title: 'A beat without a token is answered 401 and changes nothing',
    async run({ open }) {
      const agent = await open();
      expectStatus(await agent.beat({}, null), 'the beat', [401]);
      const { status } = await agent.view();
      expectThat(status !== 'online', 'a workspace that nobody beat for', `status ${String(status)}`);
    },
  },
  {
    id: 'beats/wrong-token-refused',
    title: 'A beat with a wrong token is answered 401',
    async run({ open }) {
      const agent = await open();
      expectStatus(await agent.beat({}, `${agent.token}x`), 'the beat', [401]);
    },
  },
  {
    id: 'beats/token-of-another-refused',
    title: 'The token of another workspace does not beat',
    async run({ open }) {
      const [agent, other] = [await open(), await open()];
      expectStatus(await agent.beat({}, other.token), 'the beat', [401, 403]);
      const view = await agent.view();
      expectThat(
        field(view, 'status') !== 'online',
        'a workspace that nobody beat for',
        `status ${String(view.status)}`,
      );
    },
  },
  {
    id: 'beats/unknown-workspace-refused',
    title: 'A beat for a workspace that there never was is answered 404',
    async run({ http, adminToken }) {
      const body = { workspace_id: 'there-never-was-one' };
      const reply = await http('POST', '/registry/heartbeat', { token: adminToken, body });
      expectThat(reply.status === 404, 'the beat to be answered 404', told(reply));
    },
  },
];
