/*
 * Keeps Windows from going to sleep until standard input ends: with the job, or with the lab. Compiled by Windows PowerShell's Add-Type, hence C# 5.
 * SetThreadExecutionState with ES_CONTINUOUS holds as long as the thread that said it lives, so it waits on that thread.
 */
using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Bootlab
{
    public static class KeepAwake
    {
        const uint ES_CONTINUOUS = 0x80000000, ES_SYSTEM_REQUIRED = 1;

        [DllImport("kernel32.dll")]
        static extern uint SetThreadExecutionState(uint flags);

        /* Returns the exit code: 0, or 1 when Windows refused. */
        public static int Run()
        {
            if (SetThreadExecutionState(ES_CONTINUOUS | ES_SYSTEM_REQUIRED) == 0) return 1;
            Stream input = Console.OpenStandardInput();
            byte[] ignored = new byte[64];
            while (input.Read(ignored, 0, ignored.Length) > 0) { }
            return 0;
        }
    }
}
