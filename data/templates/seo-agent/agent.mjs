#!/usr/bin/env node
/**
 * A small agent that shows what Keepwell expects of one. It needs Node 18 or newer and nothing else.
 *
 * At boot it prints the plugins and skills it finds, then it registers, then it beats as often as the replies ask,
 * and with every beat it works a little with one of its skills. SIGTERM and SIGINT end it with exit code 0.
 *
 * A plugin may take part in the boot: its `hooks/boot.mjs` is run before the agent registers, one plugin after the
 * other, by name. An error in it ends the agent with exit code 1, before anybody hears of it.
 *
 * Environment (the second name is used when the first is not set)
 *   KEEPWELL_URL, PLATFORM_URL            address of the server; required
 *   KEEPWELL_WORKSPACE_ID, WORKSPACE_ID   who it is; required
 *   KEEPWELL_TOKEN                        else <configs>/.auth_token, which is read again after a 401
 *   WORKSPACE_CONFIG_PATH                 the configs folder; default /configs
 *   KEEPWELL_PLUGINS_DIR, PLUGINS_DIR     default <configs>/plugins
 *   KEEPWELL_INCARNATION                  which boot this is; only for the log and the beats
 *   KEEPWELL_AGENT_REGISTER=never         only beat
 *   KEEPWELL_AGENT_MISBEHAVE              see below
 *
 * To see what a supervisor does about a bad agent, write one of these words into a file `misbehave` in the folder
 * in which it runs, or into KEEPWELL_AGENT_MISBEHAVE. The file wins and is looked at every second and before every
 * beat; an empty file makes the agent behave, whatever the environment says.
 *   silent          lives on, but does not beat
 *   slow            beats eight intervals apart
 *   failing         reports an error rate of 0.9
 *   wedged          reports runtime_state "wedged"
 *   crash           exits with code 1
 *   ignore-sigterm  ignores SIGTERM and has to be killed
 *
 * Exit codes: 0 asked to stop · 1 crashed, on purpose or by a plugin's hook · 2 not configured · 120 replaced by a newer incarnation ·
 * 121 workspace removed · 122 no such workspace.
 */
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const env = (...names) => names.map((name) => process.env[name]).find((value) => value) ?? '';
const configs = env('WORKSPACE_CONFIG_PATH') || '/configs';
const pluginsFolder = env('KEEPWELL_PLUGINS_DIR', 'PLUGINS_DIR') || join(configs, 'plugins');
const tokenFile = join(configs, '.auth_token');
const server = env('KEEPWELL_URL', 'PLATFORM_URL').replace(/\/+$/, '');
const workspaceId = env('KEEPWELL_WORKSPACE_ID', 'WORKSPACE_ID');
const incarnation = Number(env('KEEPWELL_INCARNATION')) || undefined;

const SLOW_FACTOR = 8;
const MOODS = new Map([
  ['silent', 'not beating'],
  ['slow', `beating ${SLOW_FACTOR} intervals apart`],
  ['failing', 'reporting an error rate of 0.9'],
  ['wedged', 'reporting runtime_state "wedged"'],
  ['crash', 'exiting with 1'],
  ['ignore-sigterm', 'ignoring SIGTERM'],
]);
const startedAt = performance.now();

const say = (line) => console.log(`[seo-agent] ${line}`);

const main = async () => {
  if (!server || !workspaceId) {
    say('KEEPWELL_URL and KEEPWELL_WORKSPACE_ID must be set; exiting with 2');
    process.exit(2);
  }
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void takeSignal(signal));
  say(`process ${process.pid} of workspace ${workspaceId}, incarnation ${incarnation ?? 'unknown'}`);
  let skills = await announceSkills();
  await runBootHooks();
  await lookForMood();
  await useToken();
  if (!registering) say('not registering: KEEPWELL_AGENT_REGISTER=never');

  for (let turn = 0; ; turn += 1) {
    const found = await findSkills();
    if (names(found) !== names(skills)) say(`skills changed: ${names(found) || 'none'}`);
    skills = found;
    await sleepUnlessMoodChanges(await takeTurn(skills, turn));
  }
};

// --- skills -----------------------------------------------------------------------------------------------------

const announceSkills = async () => {
  for (const plugin of await foldersIn(pluginsFolder)) say(`plugin ${plugin}`);
  const skills = await findSkills();
  for (const { plugin, name } of skills) say(`skill ${plugin}/${name}`);
  if (skills.length === 0) say(`no skills in ${pluginsFolder}`);
  return skills;
};

/** Every `<plugin>/skills/<name>/SKILL.md` there is now, sorted, with its text. */
const findSkills = async () => {
  const skills = [];
  for (const plugin of await foldersIn(pluginsFolder)) {
    for (const name of await foldersIn(join(pluginsFolder, plugin, 'skills'))) {
      const text = await readIfThere(join(pluginsFolder, plugin, 'skills', name, 'SKILL.md'));
      if (text !== null) skills.push({ plugin, name, text });
    }
  }
  return skills;
};

const names = (skills) => skills.map(({ plugin, name }) => `${plugin}/${name}`).join(', ');

/** The day's work: takes one skill after the other and counts the headings it would have to work through. */
const work = (skills, turn) => {
  const skill = skills[turn % skills.length];
  if (!skill) return '';
  const headings = skill.text.split('\n').filter((line) => line.startsWith('#')).length;
  return `${skill.plugin}/${skill.name}: ${headings} headings (skill ${(turn % skills.length) + 1} of ${skills.length})`;
};

// --- hooks ------------------------------------------------------------------------------------------------------

const runBootHooks = async () => {
  for (const plugin of await foldersIn(pluginsFolder)) {
    const hook = join(pluginsFolder, plugin, 'hooks', 'boot.mjs');
    if ((await readIfThere(hook)) === null) continue;
    say(`plugin ${plugin}: running hooks/boot.mjs`);
    try {
      await import(pathToFileURL(hook).href);
    } catch (error) {
      say(`plugin ${plugin}: hooks/boot.mjs failed: ${error?.message ?? error}; exiting with 1`);
      process.exit(1);
    }
  }
};

// --- beating ----------------------------------------------------------------------------------------------------

let registering = env('KEEPWELL_AGENT_REGISTER') !== 'never';
let mood = '';
let intervalMs = 30_000;
let failures = 0;

/** One turn of the loop: whatever the mood asks for. Gives the milliseconds until the next turn. */
const takeTurn = async (skills, turn) => {
  await lookForMood();
  if (mood === 'crash') process.exit(1);
  if (mood === 'silent') return withJitter(intervalMs);
  // After a failure it is tried again when the server was heard; without a token nothing else can be heard.
  if (registering && (failures === 0 || token === '')) registering = !(await register(skills));

  const task = work(skills, turn);
  const answer = await post('/registry/heartbeat', {
    workspace_id: workspaceId,
    incarnation,
    error_rate: mood === 'failing' ? 0.9 : 0,
    sample_error: mood === 'failing' ? 'nine of ten lookups failed (on purpose)' : '',
    active_tasks: task ? 1 : 0,
    current_task: task,
    uptime_seconds: Math.floor((performance.now() - startedAt) / 1000),
    runtime_state: mood === 'wedged' ? 'wedged' : '',
    loaded_plugins: [...new Set(skills.map(({ plugin }) => plugin))],
  });
  leaveIfDismissed(answer);
  if (answer.status !== 200) return waitAfterFailure(answer);

  if (failures > 0) say(`the server answers again, after ${failures} failed beat(s)`);
  failures = 0;
  const seconds = Number(answer.body.interval_seconds);
  intervalMs = seconds > 0 ? Math.min(Math.max(seconds, 0.1), 900) * 1000 : 30_000;
  say(`beat ${turn + 1}: workspace is ${answer.body.workspace_status}; ${task || 'nothing to work with'}`);
  return withJitter(mood === 'slow' ? intervalMs * SLOW_FACTOR : intervalMs);
};

/** True when there is nothing more to try: registered, or refused for good. */
const register = async (skills) => {
  const answer = await post('/registry/register', {
    id: workspaceId,
    agent_card: { name: 'seo-agent', skills: skills.map(({ plugin, name }) => ({ id: name, plugin })) },
  });
  if (answer.status !== 200) {
    say(`registering failed (${answer.problem}); beating all the same`);
    return [400, 403, 404, 409, 410, 422].includes(answer.status);
  }
  if (typeof answer.body.auth_token === 'string') await keepToken(answer.body.auth_token);
  say('registered');
  return true;
};

const withJitter = (ms) => ms * (0.9 + 0.2 * Math.random());

/** From 1 s, with a ceiling that doubles up to 30 s; never less than the server asks for. */
const waitAfterFailure = ({ problem, retryAfterMs }) => {
  failures += 1;
  const ceiling = Math.min(30_000, 1_000 * 2 ** Math.min(failures, 10));
  const ms = Math.max(1_000 + Math.random() * (ceiling - 1_000), retryAfterMs);
  say(`beat failed (${problem}); next try in ${(ms / 1000).toFixed(1)} s`);
  return ms;
};

const leaveIfDismissed = ({ status, body }) => {
  const leave = (why, code) => {
    say(`${why}; exiting with ${code}`);
    process.exit(code);
  };
  if (status === 409 && body.code === 'STALE_INCARNATION') leave('replaced by a newer incarnation', 120);
  if (status === 410) leave('the workspace was removed', 121);
  if (status === 404 && body.code === 'WORKSPACE_NOT_FOUND') leave('the server knows no such workspace', 122);
};

// --- HTTP and token ---------------------------------------------------------------------------------------------

let token = '';

/** Sends one request, and after a 401 once more if there is another token now. Never throws; 0 is "no answer". */
const post = async (path, body) => {
  const first = await send(path, body);
  return first.status === 401 && (await useToken()) ? send(path, body) : first;
};

const send = async (path, body) => {
  try {
    const response = await fetch(`${server}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(5_000),
    });
    const reply = await response.json().catch(() => null);
    const answer = typeof reply === 'object' && reply !== null ? reply : {};
    const retryAfterMs = Math.min(Number(response.headers.get('retry-after')) || 0, 900) * 1000;
    return {
      status: response.status,
      body: answer,
      problem: `${response.status} ${answer.error ?? ''}`.trim(),
      retryAfterMs,
    };
  } catch (error) {
    const problem = error?.cause?.code ?? error?.cause?.message ?? error?.name ?? 'unknown error';
    return { status: 0, body: {}, problem, retryAfterMs: 0 };
  }
};

/** Takes the token of the environment the first time, then the one in the file. True when it is another one now. */
const useToken = async () => {
  const found = (token === '' && env('KEEPWELL_TOKEN')) || (await readIfThere(tokenFile)) || '';
  const before = token;
  token = /^[\x21-\x7e]+$/.test(found.trim()) ? found.trim() : before;
  return token !== before;
};

const keepToken = async (given) => {
  token = given;
  try {
    await writeFile(`${tokenFile}.new`, `${given}\n`, { mode: 0o600 });
    await rename(`${tokenFile}.new`, tokenFile);
  } catch {
    say(`the token could not be written to ${tokenFile}`);
  }
};

// --- mood and signals -------------------------------------------------------------------------------------------

/** Reads the mood anew and says so when it changed. */
const lookForMood = async () => {
  const file = await readIfThere('misbehave');
  const asked = (file ?? env('KEEPWELL_AGENT_MISBEHAVE')).trim();
  if (asked !== mood) {
    if (MOODS.has(asked)) say(`misbehaving: ${asked}: ${MOODS.get(asked)}`);
    else say(asked ? `behaving: "${asked}" is not a way to misbehave` : `behaving again, no longer ${mood}`);
  }
  mood = asked;
  return mood;
};

/** A new mood shows at once, however long the wait for the next beat is. */
const sleepUnlessMoodChanges = async (ms) => {
  const until = performance.now() + ms;
  const before = mood;
  for (let left = ms; left > 0; left = until - performance.now()) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(left, 1_000)));
    if ((await lookForMood()) !== before) return;
  }
};

const takeSignal = async (signal) => {
  await lookForMood();
  if (signal === 'SIGTERM' && mood === 'ignore-sigterm') return say('SIGTERM: ignored');
  say(`${signal}: exiting with 0`);
  process.exit(0);
};

// --- files ------------------------------------------------------------------------------------------------------

const foldersIn = async (folder) => {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
};

const readIfThere = async (file) => {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return null;
  }
};

await main();
