/** Language servers, in the status bar. */

export const languages = {
  languages: {
    starting: (server: string) => `${server}: starting…`,
    startingHint: 'Completion and hovers come when it has read the project.',
    ready: (server: string, version: string) => `${server} ${version}`.trim(),
    readyHint: 'Completes names, explains them, and finds their definitions (F12).',
    missing: (server: string) => `${server}: not installed`,
    missingWhat: (server: string) => `${server} completes names, explains them and finds their definitions. It is not installed.`,
    install: (command: string) => `Get it with: ${command} – then click here to look again.`,
    failed: (server: string) => `${server}: ended`,
    failedNext: 'Click here to start it again.',
  },
}
