import type { workbench as en } from '../en/workbench'

export const workbench: typeof en = {
  panels: {
    label: '工作台',
    close: (title) => `关闭“${title}”`,
    maximize: '最大化面板',
    restore: '还原面板',
    empty: '所有面板都已关闭。',
    emptyHint: '重置布局即可重新显示它们。',
    opened: (title) => `已打开“${title}”`,
    closed: (title) => `已关闭“${title}”`,
    maximized: (title) => `“${title}”已最大化`,
    restored: (title) => `“${title}”已恢复原来的大小`,
  },

  palette: {
    commands: '命令',
    commandsHint: '输入命令名称',
    files: '转到文件',
    filesHint: '输入文件名的一部分',
    themes: '颜色主题',
    themesHint: '选择主题',
    languages: '语言',
    languagesHint: '选择语言',
    speeds: '虚拟机的速度',
    speedsHint: '选择速度',
    nothing: '没有匹配的内容。',
    recent: '最近使用',
    results: (count) => `${count} 项`,
    open: '已打开',
  },

  shortcuts: {
    title: '键盘快捷键',
    search: '搜索快捷键',
    command: '命令',
    keys: '按键',
    none: '无：从命令面板执行',
    nothing: '没有匹配的命令。',
    inMachine: '虚拟机接管键盘时也有效',
    inPausedMachine: '已暂停的虚拟机接管键盘时也有效',
  },
}
