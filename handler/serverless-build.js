'use strict';

// Builds the functions' code before the Serverless CLI packages it: for AWS with
// cargo-lambda; for an endpoint on this machine (checker sandbox, another emulator) with
// cargo alone, as such an endpoint runs the program natively.
//
// SCAN_CV_BUILD=none deploys the zip that is there.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { pipeline } = require('node:stream/promises');
const yazl = require('yazl');

const INSTALL = [
  'This deploys to AWS: AWS_ENDPOINT_URL, which would name a sandbox, is not set to one here.',
  'cargo-lambda, which compiles for Lambda, is not installed. Install it with one of',
  '  pip3 install cargo-lambda',
  '  brew install cargo-lambda/tap/cargo-lambda',
  '  scoop install cargo-lambda',
  'or see https://www.cargo-lambda.info/guide/installation.html, then deploy again.',
].join('\n');

// The same time in every zip: an unchanged program makes an unchanged zip, which the CLI
// does not deploy again.
const ALWAYS = new Date(Date.UTC(2026, 0, 1));

module.exports = class BuildHandler {
  constructor(serverless, options, { log, progress }) {
    Object.assign(this, { serverless, log, progress });
    this.checkUser(process.env.STUDENT_NAME);
    const endpoint = this.endpoint();
    this.here = isLocal(endpoint);
    // How often the CLI asks how far the stack is, in ms: each five seconds on AWS.
    if (this.here) process.env.SLS_AWS_MONITORING_FREQUENCY ??= '250';
    if (endpoint?.hostname === 'localhost') {
      // The SDK would ask for <bucket>.localhost, a name that not every system knows; of an
      // address it makes no such names.
      endpoint.hostname = '127.0.0.1';
      process.env.AWS_ENDPOINT_URL = endpoint.origin;
    }
    this.hooks = {
      'before:package:createDeploymentArtifacts': () => this.build(),
      'before:deploy:function:packageFunction': () => this.build(),
    };
  }

  async build() {
    if (process.env.SCAN_CV_BUILD === 'none') return;
    const { package: packaging, provider } = this.serverless.service;
    const zip = path.join(this.serverless.serviceDir, packaging.artifact);
    const arm = provider.architecture === 'arm64';
    this.progress.get('main').notice('Building the handler');
    const begun = Date.now();
    if (this.here) {
      if (arm && process.arch !== 'arm64') {
        throw this.error('provider.architecture is arm64, and this machine is not: set x86_64.');
      }
      await this.buildHere(zip);
    } else {
      await this.buildForLambda(zip, arm);
    }
    this.log.notice(`Built the handler in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  }

  /** All names of the stack carry the user's. */
  checkUser(name) {
    if (name !== undefined && !/^(?!-)[a-z0-9-]{1,20}(?<!-)$/.test(name)) {
      throw this.error(`STUDENT_NAME is "${name}". Use 1 to 20 characters of a-z, 0-9 and -, such as alice.`);
    }
  }

  /** Where the CLI deploys to, if that is not AWS. */
  endpoint() {
    const given = process.env.AWS_ENDPOINT_URL;
    if (!given) return undefined;
    const url = URL.canParse(given) ? new URL(given) : undefined;
    if (!url?.hostname) {
      throw this.error(`AWS_ENDPOINT_URL is ${given}: it has to be a whole URL, such as http://127.0.0.1:4566.`);
    }
    return url;
  }

  async buildHere(zip) {
    const messages = await this.cargo([
      'build', '--bin', 'handler', '--message-format', 'json-render-diagnostics',
    ]);
    const built = messages
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .find((it) => it.reason === 'compiler-artifact' && it.target.name === 'handler' && it.executable);
    if (!built) throw this.error('cargo built no binary called "handler": see handler/Cargo.toml.');
    fs.mkdirSync(path.dirname(zip), { recursive: true });
    const file = new yazl.ZipFile();
    // Loopback is quick: time goes into compressing, not into sending.
    file.addFile(built.executable, 'bootstrap', { mtime: ALWAYS, mode: 0o100755, compressionLevel: 1 });
    file.end();
    await pipeline(file.outputStream, fs.createWriteStream(zip));
  }

  async buildForLambda(zip, arm) {
    const found = await this.run('cargo', ['lambda', '--version'], 'ignore').catch(() => false);
    if (!found) throw this.error(INSTALL);
    // It puts the zip at DIRECTORY/handler/bootstrap.zip.
    await this.cargo([
      'lambda', 'build', '--release', '--bin', 'handler', '--output-format', 'zip',
      ...(arm ? ['--arm64'] : []),
      '--lambda-dir', path.resolve(path.dirname(zip), '..'),
    ]);
  }

  /** Runs cargo, shows what it says, and gives back its standard output. */
  async cargo(args) {
    try {
      return (await this.run('cargo', args, 'inherit')).output;
    } catch (error) {
      if (error.code === 'ENOENT') {
        throw this.error('cargo was not found. Install Rust from https://rustup.rs.');
      }
      throw this.error("The handler does not compile: see cargo's messages above.");
    }
  }

  run(command, args, stderr) {
    return new Promise((resolve, reject) => {
      const stdio = ['ignore', 'pipe', stderr];
      const child = spawn(command, args, { cwd: this.serverless.serviceDir, stdio });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
      child.on('error', reject);
      child.on('close', (code) => (code === 0 ? resolve({ output }) : reject(new Error(`exit ${code}`))));
    });
  }

  error(message) {
    return new this.serverless.classes.Error(message, 'SCAN_CV_BUILD');
  }
};

/** Whether an endpoint is on this machine. */
function isLocal(url) {
  return /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url?.hostname);
}
