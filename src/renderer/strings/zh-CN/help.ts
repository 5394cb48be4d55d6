import type { help as english } from '../en/help'

export const help: typeof english = {
  help: {
    pages: '文档',
    page: '页面',
    back: '返回上一页',
    untranslated: '此页仅有英文版。',
    titles: {
      'getting-started': '你的第一个内核',
      troubleshooting: '内核启动不了时',
      manifest: '清单文件 bootlab.json',
      'target-specification': '目标规范',
      'command-line': '命令行',
      images: '磁盘映像',
      loader: '引导加载程序',
      uefi: 'UEFI 下的引导加载程序',
      'boot-matrix': '哪些映像能在哪里启动',
      pc: 'PC 里有什么',
      'cpu-coverage': '模拟处理器支持的指令',
      security: '窗口的安全性',
    },
  },

  tour: {
    label: '第一个内核导览',
    start: '开始导览',
    startHint: '从模板出发：修改内核、弄坏它、修好它，再看看它的内部',
    count: (step, of) => `第 ${step} 步，共 ${of} 步`,
    next: '下一步',
    back: '上一步',
    end: '结束导览',
    finish: '完成',
    steps: {
      template: {
        title: '选一个内核作为起点',
        body: ['每张卡片都是一个能启动的完整内核。选择“Miniboot”，它是最小的 C 语言内核，然后创建项目。'],
      },
      specification: {
        title: '目标规范',
        body: ['内核运行在“空无一物”之上：没有操作系统，没有库。这个 JSON 文件（采用 Rust 的格式）告诉编译器实际有什么：处理器是什么、可以使用它的哪些功能、如何链接。', '改动一个值，灯泡和问题列表会说明它的含义。'],
      },
      entry: {
        title: '入口代码',
        body: ['引导加载程序在文件开头寻找三个数字，把文件加载到 1 MiB 处，然后跳转到 start_entry。这里没有 main，没有 printf，也没有可以返回的地方。'],
      },
      boot: {
        title: '按 F5',
        body: ['Bootlab 编译、链接，把内核和引导加载程序打包成磁盘映像，并用这块磁盘启动一台 PC。构建日志会显示每一步及其命令。'],
      },
      screen: {
        title: '这就是你的内核',
        body: ['BIOS 加载了第一个扇区，它加载了引导加载程序，后者又加载了你的内核，并进入 32 位保护模式。屏幕上的字母就是内存：位于 0xB8000，每个字符两个字节，字母和颜色。'],
      },
      break: {
        title: '弄坏它',
        body: ['删掉 kernel.c 里的一个分号，然后按 F5。'],
      },
      problem: {
        title: '看看哪里出错了',
        body: ['问题显示在列表中，也标在编辑器的对应行上。点击即可跳转。没有启动新的内核：机器上仍是上一个构建成功的内核。'],
      },
      fix: {
        title: '修好它',
        body: ['把分号放回去（Ctrl+Z 即可），再按一次 F5。也可以顺便改一下那段文字。'],
      },
      pause: {
        title: '让时间停下',
        body: ['F8 让机器停在两条指令之间。机器的时钟也停住了，什么都不会丢失。'],
      },
      step: {
        title: '看看内部',
        body: ['F11 执行一条指令，F10 执行整个调用。寄存器、反汇编、内存、页表等面板显示发生了什么变化；所有面板都能从命令面板（F1）打开。', '点击行号旁边可设置断点。再按 F8 让机器继续运行。'],
      },
      write: {
        title: '带到真正的 PC 上',
        body: ['“写入 USB”把同一个映像写到 U 盘并读回校验。它只列出可能是目标的驱动器。然后用 U 盘启动一台电脑。', '文档（“帮助”菜单）会从这里继续。'],
      },
    },
  },
}
