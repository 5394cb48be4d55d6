import type { languages as en } from '../en/languages'

export const languages: typeof en = {
  languages: {
    starting: (server) => `${server}：正在启动…`,
    startingHint: '读完项目后即可使用补全和悬停说明。',
    ready: (server, version) => `${server} ${version}`.trim(),
    readyHint: '补全名称、显示说明，并查找定义（F12）。',
    missing: (server) => `${server}：未安装`,
    missingWhat: (server) => `${server} 用于补全名称、显示说明和查找定义，目前尚未安装。`,
    install: (command) => `安装命令：${command}。装好后点击此处重新查找。`,
    failed: (server) => `${server}：已退出`,
    failedNext: '点击此处重新启动。',
  },
}
