// Asks the providers' own libraries about every request of `tests/wire/<provider>.txt`, twice: `tsc` has to accept it as a
// call with the declared types, and the library, called so, has to send the same. `table.mjs` says which call is meant.
// Beside each request stands the same with a field that nobody has, and that one has to be found wrong. `sandbox.mjs` asks
// about what our stand-ins take and answer.
//
// npm ci && node check.mjs ../wire
import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import ts from 'typescript';
import { judge } from './sandbox.mjs';
import { form, providers, witnesses } from './table.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const pairsOf = (text) => [...new URLSearchParams(text)];

/** The requests of a wire text, each with its line, its query and form as pairs, or its JSON. */
function requests(provider, text) {
  const found = [];
  let action = '';
  for (const [at, line] of text.split('\n').entries()) {
    const [, method, target] = /^(GET|POST|PUT|PATCH|DELETE) (\S+)$/.exec(line) ?? [];
    if (line.startsWith('## ')) action = line.slice(3).split(' ')[0];
    if (method) {
      const [path, query] = target.split('?');
      found.push({ provider, action, line: at + 1, method, path, pairs: pairsOf(query), body: '' });
    } else if (line.startsWith('  | ')) {
      const [asked, rest] = [found.at(-1), line.slice(4)];
      const [, name, value] = /^([\w[\]]+) = (.*)$/.exec(rest) ?? [];
      if (name) asked.pairs.push([name, value]);
      else asked.body += rest;
    }
  }
  return found;
}

/** The row of the table, and what stood where the path has a `*`. */
function row(asked) {
  for (const [key, [call, type]] of Object.entries(providers[asked.provider].asks)) {
    const [method, path] = key.split(' ');
    const ids = new RegExp(`^${path.replaceAll('*', '([^/]+)')}$`).exec(asked.path);
    if (method === asked.method && ids) return { key, call, type, ids: ids.slice(1) };
  }
  return null;
}

/** One program of TypeScript for each witness. Only the generated file changes between two questions. */
function compiler(witness) {
  const options = {
    noEmit: true, strict: true, skipLibCheck: true, types: ['node'], typeRoots: [join(here, 'node_modules/@types')],
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  if (witness.stands) options.paths = { [witness.stands]: [join(here, 'node_modules', witness.module, witness.declares)] };
  const file = join(here, `asked-${witness.module.replace(/\W/g, '-')}.ts`);
  const host = ts.createCompilerHost(options);
  const [plain, seen] = [host.getSourceFile, new Map()];
  let text = '';
  let program;
  host.fileExists = ((before) => (name) => name === file || before(name))(host.fileExists);
  host.getSourceFile = (name, ...rest) => {
    if (name === file) return ts.createSourceFile(name, text, options.target, true);
    if (!seen.has(name)) seen.set(name, plain(name, ...rest));
    return seen.get(name);
  };
  return (next) => {
    text = next;
    program = ts.createProgram([file], options, host, program);
    return { program, source: program.getSourceFile(file), checker: program.getTypeChecker() };
  };
}

/**
 * A form's text as the type wants it: a number only where no text is declared. What no type knows stays as it came. Newer
 * libraries list the words of a field and allow any other one besides: a word that is not in the list is `odd`.
 */
function fitted(value, type, checker, source, odd) {
  if (!type) return value;
  const parts = checker.getNonNullableType(type).types ?? [checker.getNonNullableType(type)];
  const of = (get) => parts.map(get).find(Boolean);
  if (Array.isArray(value)) {
    return value.map((item) => fitted(item, of((part) => part.getNumberIndexType()), checker, source, odd));
  }
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => {
      const declared = of((part) => part.getProperty(name));
      const inside = declared ? checker.getTypeOfSymbolAtLocation(declared, source) : of((part) => part.getStringIndexType());
      return [name, fitted(inner, inside, checker, source, odd)];
    }));
  }
  const has = (flags) => parts.some((part) => part.flags & flags);
  const words = parts.filter((part) => part.isStringLiteral()).map((part) => part.value);
  if (words.length && has(ts.TypeFlags.Intersection) && !words.includes(value)) odd.push(`'${value}' is none of ${words.join(', ')}`);
  if (has(ts.TypeFlags.String) || words.includes(value)) return value;
  if (has(ts.TypeFlags.NumberLike) && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  if (has(ts.TypeFlags.BooleanLike) && /^(true|false)$/.test(value)) return value === 'true';
  return value;
}

/** What TypeScript says of each request: its text as a call, and its complaints. */
function typed(witness, ask, all) {
  const { head } = providers[witness.provider];
  const types = [...new Set(all.map((asked) => asked.row?.type).filter(Boolean))];
  const first = ask([head, ...types.map((type, at) => `type T${at} = ${type};`)].join('\n'));
  const declared = new Map(first.source.statements.filter(ts.isTypeAliasDeclaration)
    .map((alias) => [types[Number(alias.name.text.slice(1))], first.checker.getTypeAtLocation(alias.name)]));
  const calls = all.map((asked) => {
    if (!asked.row) return 'void 0;';
    const { call, type, ids } = asked.row;
    const read = providers[asked.provider].read(asked.pairs, asked.body);
    const sent = fitted(read, declared.get(type), first.checker, first.source, asked.odd);
    // A call that takes nothing has no place for what was sent; what the library sends instead shows it.
    const fill = (satisfies) => call.replace(/\$(\d|\.\w+)?/g, (_, word) => {
      if (word === undefined) return `${JSON.stringify(sent)}${satisfies}`;
      return word.startsWith('.') ? JSON.stringify(sent[word.slice(1)]) : JSON.stringify(ids[word - 1]);
    });
    asked.call = fill('');
    return `${fill(type ? ` satisfies ${type}` : '')};`;
  });
  const before = head.split('\n').length;
  const { program, source } = ask([head, ...calls].join('\n'));
  const found = all.map(() => []);
  for (const said of [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]) {
    const at = source.getLineAndCharacterOfPosition(said.start).line - before;
    const words = ts.flattenDiagnosticMessageText(said.messageText, '\n').split('\n');
    if (!found[at]) throw new Error(`${witness.module}: ${words.join(' ')}`);
    found[at].push(words.map((word) => word.trim()).join(' '));
  }
  // Which of two overloads it might have been says less than the type that was named.
  return found.map((said) => said.filter((words) => said.length === 1 || !words.startsWith('No overload matches')));
}

// Nothing leaves for a network: whatever a library asks is kept, and answered with nothing that could be read.
let seen = [];
globalThis.fetch = async (target, init) => {
  const request = new Request(target, init);
  seen.push({ method: request.method, url: new URL(request.url), body: await request.text() });
  return new Response('{}', { status: 200, headers: { 'content-type': 'application/json' } });
};

/** What the library sends instead of what we do, when it is called like that. */
async function sent(api, asked) {
  seen = [];
  const failure = await Promise.resolve().then(() => new Function('api', `return ${asked.call}`)(api)).catch((error) => error);
  if (!seen.length) return [`the library sends nothing: ${failure?.message}`.replace(/\s+/g, ' ')];
  const [{ method, url, body }] = seen;
  const pairs = [...url.searchParams, ...(isJson(body) ? [] : pairsOf(body))];
  const theirs = { method, path: url.pathname, sent: plain(pairs, body) };
  const ours = { method: asked.method, path: asked.path, sent: plain(asked.pairs, asked.body) };
  const fields = ({ sent: all }) => all.data?.attributes ?? all;
  for (const [name, value] of Object.entries(providers[asked.provider].adds ?? {})) {
    if (fields(theirs)[name] === value && !(name in fields(ours))) delete fields(theirs)[name];
  }
  if (isDeepStrictEqual(ours, theirs)) return [];
  return [`the library sends instead: ${theirs.method} ${theirs.path} ${JSON.stringify(theirs.sent)}`];
}

const isJson = (body) => body.startsWith('{');
/** What was sent, so that two spellings of one list are the same. */
const plain = (pairs, body) => (isJson(body) ? JSON.parse(body) : form(pairs));

/** Every request of one provider before one witness: what is wrong with each. */
async function judged(witness, ask, api, all) {
  for (const asked of all) Object.assign(asked, { row: row(asked), odd: [] });
  const found = typed(witness, ask, all);
  for (const [at, asked] of all.entries()) {
    if (!asked.row) found[at].push('no such path in table.mjs');
    else found[at].push(...asked.odd, ...await sent(api, asked));
  }
  return found;
}

/** The same with a field that nobody has. */
function mangled(asked) {
  const body = asked.body && JSON.parse(asked.body);
  if (!body) return { ...asked, pairs: [...asked.pairs, ['no_such_field', '1']] };
  (body.data?.attributes ?? body).no_such_field = 1;
  return { ...asked, body: JSON.stringify(body) };
}

/** Whether a witness is said to lack what a request asks. */
const isLacked = (witness, asked) => (witness.lacks ?? []).some((what) => {
  const [method, path, name] = what.split(' ');
  return asked.row?.key === `${method} ${path}` && (!name || asked.pairs.some(([own]) => own === name));
});

const folder = process.argv[2];
const counts = [];
let wrong = 0;
const say = (verdict, what, words) => {
  console.log([`${verdict.padEnd(5)}  ${what}`, ...words].join('\n       '));
  if (verdict === 'wrong') wrong += 1;
};
for (const witness of witnesses) {
  const files = readdirSync(folder).filter((name) => basename(name, '.txt').split('-')[0] === witness.provider);
  const asked = files.flatMap((name) => requests(witness.provider, readFileSync(join(folder, name), 'utf8')));
  const { version } = JSON.parse(readFileSync(join(here, 'node_modules', witness.module, 'package.json'), 'utf8'));
  const name = `${witness.stands ?? witness.module} ${version}`;
  const api = providers[witness.provider].client(await import(witness.module));
  const ask = compiler(witness);
  const found = await judged(witness, ask, api, [...asked, ...asked.map(mangled)]);
  for (const [at, one] of asked.entries()) {
    const what = `${name}  ${one.action}, line ${one.line}: ${one.method} ${one.path}`;
    const lacks = isLacked(witness, one);
    if (lacks && found[at].length) say('lacks', what, []);
    else if (lacks) say('wrong', what, ['is not lacking any more']);
    else say(found[at].length ? 'wrong' : 'ok', what, found[at]);
    if (!found[at + asked.length].length) say('wrong', what, ['would have passed with a field that nobody has']);
  }
  // Of the stand-ins, the newest is asked.
  const own = witness.stands ? [] : judge(witness, ask, join(folder, '../..'));
  for (const [what, words] of own) say(words.length ? 'wrong' : 'ok', `${name}  ${what}`, words);
  if (!asked.length) say('wrong', name, [`nothing was asked in ${folder}`]);
  counts.push(`${String(asked.length).padStart(4)} requests, ${name}`);
}
console.log(`\n${counts.join('\n')}\n${wrong} wrong`);
process.exit(wrong ? 1 : 0);
