// Times aws-local-stepfunctions on a machine: `local_peer.mjs MACHINE.json INPUT COUNT`.
//
// Counts the transitions in a first run by its event log, then times COUNT runs, with
// the JavaScript warm and no log kept. Prints JSON: `transitions` and `seconds`.

import { readFileSync } from 'node:fs';
import { StateMachine } from 'aws-local-stepfunctions';

const [path, input, count] = process.argv.slice(2);
const machine = new StateMachine(JSON.parse(readFileSync(path, 'utf8')));
const run = () => machine.run(JSON.parse(input));

let transitions = 0;
for await (const event of run().eventLogs) {
  if (event.type.endsWith('StateEntered')) transitions += 1;
}
for (let warm = 0; warm < 5; warm += 1) await run().result;

const begun = performance.now();
for (let timed = 0; timed < Number(count); timed += 1) await run().result;
const seconds = (performance.now() - begun) / 1000;
console.log(JSON.stringify({ transitions: transitions * Number(count), seconds }));
