/** Documentation and the tour. The pages themselves are the repository's Markdown files. */
export const help = {
  help: {
    pages: 'Documentation',
    page: 'Page',
    back: 'Back to the page before',
    untranslated: 'This page is in English only.',
    titles: {
      'getting-started': 'Your first kernel',
      troubleshooting: 'When a kernel does not start',
      manifest: 'The manifest bootlab.json',
      'target-specification': 'The target specification',
      'command-line': 'The command line',
      images: 'Disk images',
      loader: 'The boot loader',
      uefi: 'The boot loader under UEFI',
      'boot-matrix': 'What boots where',
      pc: 'What the PC has',
      'cpu-coverage': 'What the emulated processor knows',
      security: 'Security of the window',
    },
  },

  tour: {
    label: 'Tour of the first kernel',
    start: 'Take the tour',
    startHint: 'From a template to a kernel that you have changed, broken, mended and looked into',
    count: (step: number, of: number) => `Step ${step} of ${of}`,
    next: 'Next',
    back: 'Back',
    end: 'End the tour',
    finish: 'Done',
    steps: {
      template: {
        title: 'Pick a kernel to start from',
        body: ['Each card is a whole kernel that boots. Choose “Miniboot”, the smallest one in C, and create the project.'],
      },
      specification: {
        title: 'The target specification',
        body: [
          'A kernel runs on nothing: no operating system, no library. This JSON file, in the form that Rust made common, tells the compiler what there is instead: the processor, what it may use of it, how to link.',
          'Change a value, and the light bulb and the problems list say what it means.',
        ],
      },
      entry: {
        title: 'The entry code',
        body: ['A boot loader looks for three numbers at the beginning of the file, loads it to 1 MiB and jumps to start_entry. There is no main, no printf, and nobody to return to.'],
      },
      boot: {
        title: 'Press F5',
        body: ['Bootlab compiles, links, packs the kernel with its boot loader into a disk image, and starts a PC with that disk. The build log shows each step with its command.'],
      },
      screen: {
        title: 'That was your kernel',
        body: [
          'The BIOS loaded the first sector, that one loaded the boot loader, and that one your kernel, in 32-bit protected mode. The letters on the screen are memory: at 0xB8000, two bytes each, letter and colour.',
        ],
      },
      break: {
        title: 'Break it',
        body: ['Take away a semicolon in kernel.c, and press F5.'],
      },
      problem: {
        title: 'Read what went wrong',
        body: ['The problem stands in the list, and at its line in the editor. A click leads there. Nothing was booted: the machine still shows the last kernel that could be built.'],
      },
      fix: {
        title: 'Mend it',
        body: ['Put the semicolon back (Ctrl+Z does), and press F5 again. While you are at it, change the message.'],
      },
      pause: {
        title: 'Stop the time',
        body: ['F8 pauses the machine between two instructions. Its clock stands still, too: nothing is lost.'],
      },
      step: {
        title: 'Look inside',
        body: [
          'F11 executes one instruction, F10 a whole call. The panels Registers, Disassembly, Memory, Page tables and others show what changed; all panels can be opened by the palette (F1).',
          'Click beside a line number to set a breakpoint. F8 lets the machine go on.',
        ],
      },
      write: {
        title: 'Take it to a real PC',
        body: ['“Write to USB” puts the same image on a stick, and reads it back. It only offers drives that can be meant. Then start a computer from the stick.', 'The documentation (Help menu) goes on from here.'],
      },
    },
  },
}
