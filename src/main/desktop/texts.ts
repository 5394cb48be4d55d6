/** What the main process says by itself; everything else is said by the page. */
export const texts = {
  cannotStart: 'Bootlab cannot start',
  menu: { view: 'View', help: 'Help', checkForUpdates: 'Check for Updates…' },
  updates: {
    none: (version: string) => `Bootlab ${version} is the newest version.`,
    found: (version: string) => `Bootlab ${version} is available.`,
    foundDetail: (present: string) => `This is ${present}. The new version is downloaded now and installed when Bootlab ends.`,
    download: 'Download',
    later: 'Later',
    ready: (version: string) => `Bootlab ${version} is downloaded.`,
    readyDetail: 'It is installed when Bootlab ends. Running machines end with it; unsaved text is kept.',
    restart: 'Restart Now',
    failed: 'The update failed.',
    ok: 'OK',
  },
} as const
