/** What the main process says by itself; everything else is said by the page. */
export const texts = {
  cannotStart: 'Bootlab cannot start',
  menu: { view: 'View', help: 'Help', checkForUpdates: 'Check for Updates…' },
  leave: {
    message: 'A drive is being written.',
    detail: 'If the window goes now, writing stops: what was on the drive is lost, and nothing boots from it.',
    stay: 'Go on writing',
    leave: 'Stop and leave',
  },
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
