// Holds the sandbox's own tables to the types: what it takes (`takes.txt`), and which fields its answers have (`fields.txt`).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { providers } from './table.mjs';

/** A line that begins at the margin, and the words of the indented ones below it. */
function table(file) {
  const rows = new Map();
  let own;
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    if (line.startsWith(' ')) own.push(...line.trim().split(' '));
    else rows.set(line, own = []);
  }
  return rows;
}

/** The types of these names, each as `T0`, `T1` and so on. */
function declared(witness, ask, types) {
  const { head } = providers[witness.provider];
  const { source, checker } = ask([head, ...types.map((type, at) => `type T${at} = ${type};`)].join('\n'));
  const aliases = source.statements.filter(ts.isTypeAliasDeclaration);
  return { source, checker, found: aliases.map((alias) => checker.getTypeAtLocation(alias.name)) };
}

/** Whether a type has what a name names: `items[][price]`, `metadata[*]`, and Chargebee's `addons[id][]`. */
function has(type, parts, { source, checker }) {
  const [first, ...rest] = parts;
  if (first === undefined) return true;
  const inside = (checker.getNonNullableType(type).types ?? [checker.getNonNullableType(type)]).map((part) => {
    if (first === '') return part.getNumberIndexType();
    if (first === '*') return part.getStringIndexType();
    const property = part.getProperty(first);
    return property && checker.getTypeOfSymbolAtLocation(property, source);
  });
  return inside.filter(Boolean).some((one) => has(one, rest, { source, checker }));
}

function parts(name) {
  if (name.startsWith('sort_by[')) return [name];
  const all = name.split('[').map((part) => part.replace(']', ''));
  if (all.length === 3 && all[2] === '' && all[1] !== '') [all[1], all[2]] = [all[2], all[1]];
  return all;
}

/** What the sandbox takes that the library does not declare. */
function taken(witness, ask, folder) {
  const { asks } = providers[witness.provider];
  const rows = [...table(join(folder, 'takes.txt'))].filter(([key, names]) => asks[key]?.[1] && names.length);
  const types = declared(witness, ask, rows.map(([key]) => asks[key][1]));
  return rows.map(([key, names], at) => {
    const odd = names.filter((name) => !(types.found[at].flags & ts.TypeFlags.Any) && !has(types.found[at], parts(name), types));
    return [`the sandbox takes ${names.length} names: ${key}`, odd.map((name) => `no ${name} is declared`)];
  });
}

/** The types at a place inside a type: of a list those of its items, of several kinds all. */
function inside(type, [first, ...rest], types) {
  const plain = types.checker.getNonNullableType(type);
  const all = (plain.types ?? [plain]).flatMap((part) => {
    const item = part.getNumberIndexType();
    return item ? inside(item, [], types) : [part];
  });
  if (first === undefined) return all;
  const own = all.map((part) => part.getProperty(first)).filter(Boolean);
  return own.flatMap((property) => inside(types.checker.getTypeOfSymbolAtLocation(property, types.source), rest, types));
}

/** Which fields it answers with that are not declared, or leaves out although it fills in those that are always there. */
function answered(witness, ask, folder) {
  const { answers, fills, besides = [], spelt = {} } = providers[witness.provider];
  if (!answers) return [];
  const rows = [...table(join(folder, 'fields.txt'))];
  const whole = (kind) => (kind in answers ? kind : Object.keys(answers).find((own) => kind.startsWith(`${own}.`)));
  const types = declared(witness, ask, rows.map(([kind]) => answers[whole(kind)] ?? 'never'));
  const needed = new Set();
  const judged = rows.map(([kind, names], at) => {
    const path = kind.slice((whole(kind) ?? kind).length).split('.').filter(Boolean).map((name) => spelt[name] ?? name);
    const properties = inside(types.found[at], path, types).flatMap((part) => part.getProperties());
    const all = properties.map(({ name }) => name);
    const complaints = (fields) => fields.filter((name) => {
      if (all.includes(spelt[name] ?? name)) return false;
      if (besides.includes(name)) needed.add(name);
      return !besides.includes(name);
    }).map((name) => `no ${name} is declared`);
    const always = fills ? properties.filter(({ flags }) => !(flags & ts.SymbolFlags.Optional)).map(({ name }) => name) : [];
    return [`the sandbox's ${kind} has ${names.length} fields`, [
      ...complaints(names),
      ...always.filter((name) => !names.includes(name)).map((name) => `${name} is always there, and left out`),
      ...(complaints(['no_such_field']).length ? [] : ['would have passed with a field that nobody has']),
    ]];
  });
  const idle = besides.filter((name) => !needed.has(name)).map((name) => `${name} is not missing any more`);
  return [...judged, ['what the types leave out', idle]];
}

/** Everything that is wrong with the sandbox of one provider, before its newest witness. */
export function judge(witness, ask, root) {
  const folder = join(root, 'infra/local/src/sandbox', witness.provider);
  return [...taken(witness, ask, folder), ...answered(witness, ask, folder)];
}
