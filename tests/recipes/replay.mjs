// Plays a recording with Google's own runner; what Recorder lacks it passes over, as our custom steps ask.
// node replay.mjs RECORDING.json CHROMIUM FOLDER-WITH-node_modules
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const [recording, chromium, folder] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(folder, 'package.json')));
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { createRunner, parse, PuppeteerRunnerExtension } = await load('@puppeteer/replay');
const puppeteer = (await load('puppeteer')).default;

class Extension extends PuppeteerRunnerExtension {
  async runStep(step, flow) {
    if (step.type === 'customStep') return;
    await super.runStep(step, flow);
  }
  async afterAllSteps() {
    await this.page.waitForNetworkIdle({ idleTime: 300 });
  }
}

const flow = parse(JSON.parse(readFileSync(recording, 'utf-8')));
const browser = await puppeteer.launch({
  executablePath: chromium,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const page = await browser.newPage();
page.on('dialog', (dialog) => dialog.accept());
try {
  const runner = await createRunner(flow, new Extension(browser, page, { timeout: flow.timeout }));
  await runner.run();
} finally {
  await browser.close();
}
