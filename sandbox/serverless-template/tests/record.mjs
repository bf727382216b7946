// Records what the real Serverless CLI makes of each case:
//
//   npm ci && node sandbox/serverless-template/tests/record.mjs [case...]
//
// It writes recorded.json beside each case's serverless.yml, and project.json
// for the project's own. With --check it writes nothing and fails on a difference; with
// --every=3 it takes the project and a third of the cases, another one each day.

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const tests = import.meta.dirname;
const project = path.resolve(tests, '../../..');
const cases = path.join(tests, 'cases');
const check = process.argv.includes('--check');
const every = Number(process.argv.find((it) => it.startsWith('--every='))?.slice(8) ?? 1);
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

// A zip file without entries: the CLI only wants the artifact to exist.
const EMPTY_ZIP = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
const DEPLOYMENT_TIME = /\/\d{13}-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\//g;

async function record(name, files, target) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'record-'));
  try {
    files(directory);
    for (const zip of ['target/lambda/handler/bootstrap.zip', 'own.zip']) {
      fs.mkdirSync(path.dirname(path.join(directory, zip)), { recursive: true });
      fs.writeFileSync(path.join(directory, zip), EMPTY_ZIP);
    }
    fs.symlinkSync(path.join(project, 'node_modules'), path.join(directory, 'node_modules'));
    const settings = path.join(directory, 'options.json');
    const { env = { STUDENT_NAME: 'alice' }, opts = {} } = fs.existsSync(settings)
      ? JSON.parse(fs.readFileSync(settings))
      : {};
    const { PATH, HOME } = process.env;
    await promisify(execFile)(
      path.join(project, 'node_modules/.bin/sls'),
      ['package', ...Object.entries(opts).flatMap(([key, value]) => [`--${key}`, value])],
      { cwd: directory, env: { PATH, HOME, SCAN_CV_BUILD: 'none', ...env } },
    );
    const read = (kind) => {
      const file = path.join(directory, `.serverless/cloudformation-template-${kind}-stack.json`);
      return JSON.parse(fs.readFileSync(file, 'utf8').replace(DEPLOYMENT_TIME, '/local/'));
    };
    const text = `${JSON.stringify({ create: read('create'), update: read('update') }, null, 2)}\n`;
    if (check && (!fs.existsSync(target) || fs.readFileSync(target, 'utf8') !== text)) {
      throw new Error(`${path.relative(project, target)} is not what the CLI writes now`);
    }
    if (!check) fs.writeFileSync(target, text);
    console.log(`${check ? 'unchanged' : 'recorded'} ${name}`);
  } catch (error) {
    console.error(`${name}: ${error.stdout ?? ''}${error.stderr ?? error.message}`);
    process.exitCode = 1;
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

const jobs = fs.readdirSync(cases).sort().map((name) => {
  const source = path.join(cases, name);
  const copy = (directory) => fs.cpSync(source, directory, { recursive: true });
  return [name, copy, path.join(source, 'recorded.json')];
});
jobs.push(['project', (directory) => {
  fs.copyFileSync(path.join(project, 'serverless.yml'), path.join(directory, 'serverless.yml'));
  fs.cpSync(path.join(project, 'handler'), path.join(directory, 'handler'), { recursive: true });
}, path.join(tests, 'project.json')]);

const today = Math.floor(Date.now() / 86_400_000);
const isDue = ([name], number) => name === 'project' || number % every === today % every;
const queue = jobs.filter(isDue).filter(([name]) => !wanted.length || wanted.includes(name));
const unknown = wanted.filter((name) => !jobs.some(([known]) => known === name));
if (unknown.length) {
  console.error(`no such case: ${unknown.join(', ')}`);
  process.exitCode = 1;
}
const worker = async () => {
  for (let job = queue.shift(); job; job = queue.shift()) await record(...job);
};
await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
