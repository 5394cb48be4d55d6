/*
 * Holds the volumes of one disk locked while it is written, says whether its medium is still the same, and ejects it: what Node cannot ask of
 * Windows. Compiled by Windows PowerShell's Add-Type, hence C# 5; no text from outside comes in, only the disk's number.
 *
 * Windows lets a write to a disk through where no file system lies, or one that is locked: "Blocking Direct Write Operations to Volumes and Disks",
 * learn.microsoft.com. A lock belongs to the handle that it was taken with (FSCTL_LOCK_VOLUME), so this program stays as long as the disk is written.
 * It takes orders, one a line, and answers each with one line of JSON in ASCII:
 *
 *     (at the start)  {"locked":["E:\\"]}  or  {"busy":"E:\\","code":5}  or  {"failed":"…","code":1117}
 *     check           {"same":true}
 *     eject           {"ejected":true}
 *
 * When its input ends it lets go of everything, lets Windows look at the new partition table, and ends.
 */
using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace Bootlab
{
    public static class DriveLocks
    {
        const uint GENERIC_READ = 0x80000000, GENERIC_WRITE = 0x40000000;
        const uint FILE_SHARE_READ = 1, FILE_SHARE_WRITE = 2;
        const uint OPEN_EXISTING = 3;
        const uint FSCTL_LOCK_VOLUME = 0x00090018;
        const uint FSCTL_DISMOUNT_VOLUME = 0x00090020;
        const uint IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS = 0x00560000;
        const uint IOCTL_DISK_UPDATE_PROPERTIES = 0x00070140;
        /* Its answer counts the media since the driver started. */
        const uint IOCTL_STORAGE_CHECK_VERIFY = 0x002D4800;
        const uint IOCTL_STORAGE_EJECT_MEDIA = 0x002D4808;

        const int NAME_LENGTH = 260;
        /* VOLUME_DISK_EXTENTS: a count, then from byte 8 on structures of 24 bytes that begin with the disk's number. */
        const int MOST_EXTENTS = 64, EXTENTS_AT = 8, EXTENT_BYTES = 24;
        /* Explorer and virus scanners look at a drive for a moment: a lock that fails is tried again for five seconds. */
        const int ATTEMPTS = 20, PAUSE_MILLISECONDS = 250;

        static readonly IntPtr INVALID = new IntPtr(-1);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
        static extern IntPtr CreateFileW(string name, uint access, uint share, IntPtr security, uint disposition, uint flags, IntPtr template);
        [DllImport("kernel32.dll", SetLastError = true)]
        static extern bool DeviceIoControl(IntPtr device, uint code, IntPtr input, uint inputBytes, [Out] byte[] output, uint outputBytes, out uint returned, IntPtr overlapped);
        [DllImport("kernel32.dll")]
        static extern bool CloseHandle(IntPtr handle);
        [DllImport("kernel32.dll", SetLastError = true)]
        static extern IntPtr FindFirstVolumeW([Out] byte[] name, uint length);
        [DllImport("kernel32.dll")]
        static extern bool FindNextVolumeW(IntPtr search, [Out] byte[] name, uint length);
        [DllImport("kernel32.dll")]
        static extern bool FindVolumeClose(IntPtr search);
        [DllImport("kernel32.dll", CharSet = CharSet.Unicode)]
        static extern bool GetVolumePathNamesForVolumeNameW(string volume, [Out] byte[] names, uint length, out uint returned);

        sealed class BusyVolume : Exception
        {
            public readonly string Volume;
            public readonly int Code;
            public BusyVolume(string volume, int code) { Volume = volume; Code = code; }
        }

        /* Returns the exit code: 0, or 1 when the drive could not be taken. */
        public static int Run(int disk)
        {
            StreamReader orders = new StreamReader(Console.OpenStandardInput(), Encoding.ASCII);
            StreamWriter answers = new StreamWriter(Console.OpenStandardOutput(), new ASCIIEncoding());
            answers.AutoFlush = true;
            List<IntPtr> volumes = new List<IntPtr>();
            IntPtr drive = INVALID;
            try
            {
                List<string> names = VolumesOf(disk);
                foreach (string name in names) volumes.Add(Lock(name));
                /* Only when all are locked: one that is busy must find the others as they were. */
                foreach (IntPtr volume in volumes) Control(volume, FSCTL_DISMOUNT_VOLUME, null);
                drive = Open(@"\\.\PHYSICALDRIVE" + disk, GENERIC_READ);
                uint medium = MediaCount(drive);
                answers.WriteLine("{\"locked\":[" + string.Join(",", names.ConvertAll(name => Json(ShownName(name))).ToArray()) + "]}");
                for (string order = orders.ReadLine(); order != null; order = orders.ReadLine()) answers.WriteLine(Answer(order, drive, medium));
                return 0;
            }
            catch (BusyVolume error)
            {
                answers.WriteLine("{\"busy\":" + Json(ShownName(error.Volume)) + ",\"code\":" + error.Code + "}");
                return 1;
            }
            catch (Win32Exception error)
            {
                answers.WriteLine("{\"failed\":" + Json(error.Message) + ",\"code\":" + error.NativeErrorCode + "}");
                return 1;
            }
            finally
            {
                foreach (IntPtr volume in volumes) CloseHandle(volume);
                if (drive != INVALID)
                {
                    /* A drive that was taken out has no table to look at: that it fails changes nothing. */
                    uint returned;
                    DeviceIoControl(drive, IOCTL_DISK_UPDATE_PROPERTIES, IntPtr.Zero, 0, null, 0, out returned, IntPtr.Zero);
                    CloseHandle(drive);
                }
            }
        }

        static string Answer(string order, IntPtr drive, uint medium)
        {
            try
            {
                if (order == "check") return MediaCount(drive) == medium ? "{\"same\":true}" : "{\"same\":false,\"code\":0}";
                if (order == "eject")
                {
                    /* The locks are still held, so Windows writes nothing of its own to the new volumes before. */
                    Control(drive, IOCTL_STORAGE_EJECT_MEDIA, null);
                    return "{\"ejected\":true}";
                }
                return "{\"failed\":\"there is no such order\",\"code\":0}";
            }
            catch (Win32Exception error)
            {
                return (order == "check" ? "{\"same\":false" : "{\"ejected\":false") + ",\"code\":" + error.NativeErrorCode + "}";
            }
        }

        static IntPtr Open(string name, uint access)
        {
            IntPtr handle = CreateFileW(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE, IntPtr.Zero, OPEN_EXISTING, 0, IntPtr.Zero);
            if (handle == INVALID) throw new Win32Exception(Marshal.GetLastWin32Error());
            return handle;
        }

        static void Control(IntPtr device, uint code, byte[] answer)
        {
            uint returned;
            if (!DeviceIoControl(device, code, IntPtr.Zero, 0, answer, answer == null ? 0 : (uint)answer.Length, out returned, IntPtr.Zero)) throw new Win32Exception(Marshal.GetLastWin32Error());
        }

        static uint MediaCount(IntPtr drive)
        {
            byte[] count = new byte[4];
            Control(drive, IOCTL_STORAGE_CHECK_VERIFY, count);
            return BitConverter.ToUInt32(count, 0);
        }

        static IntPtr Lock(string volume)
        {
            int code = 0;
            for (int attempt = 0; attempt < ATTEMPTS; attempt++)
            {
                if (attempt > 0) Thread.Sleep(PAUSE_MILLISECONDS);
                IntPtr handle = INVALID;
                try
                {
                    handle = Open(Device(volume), GENERIC_READ | GENERIC_WRITE);
                    Control(handle, FSCTL_LOCK_VOLUME, null);
                    return handle;
                }
                catch (Win32Exception error)
                {
                    code = error.NativeErrorCode;
                    if (handle != INVALID) CloseHandle(handle);
                }
            }
            throw new BusyVolume(volume, code);
        }

        /* Names of all volumes that have a part on the disk, with and without a letter: \\?\Volume{…}\ */
        static List<string> VolumesOf(int disk)
        {
            List<string> found = new List<string>();
            byte[] name = new byte[NAME_LENGTH * 2];
            IntPtr search = FindFirstVolumeW(name, NAME_LENGTH);
            if (search == INVALID) throw new Win32Exception(Marshal.GetLastWin32Error());
            try
            {
                do
                {
                    string volume = Text(name);
                    if (LiesOn(volume, disk)) found.Add(volume);
                } while (FindNextVolumeW(search, name, NAME_LENGTH));
            }
            finally
            {
                FindVolumeClose(search);
            }
            return found;
        }

        static bool LiesOn(string volume, int disk)
        {
            IntPtr handle = CreateFileW(Device(volume), 0, FILE_SHARE_READ | FILE_SHARE_WRITE, IntPtr.Zero, OPEN_EXISTING, 0, IntPtr.Zero);
            if (handle == INVALID) return false;
            try
            {
                byte[] extents = new byte[EXTENTS_AT + MOST_EXTENTS * EXTENT_BYTES];
                uint returned;
                /* A CD, or a drive without medium, has no extents. */
                if (!DeviceIoControl(handle, IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, IntPtr.Zero, 0, extents, (uint)extents.Length, out returned, IntPtr.Zero)) return false;
                int count = Math.Min(BitConverter.ToInt32(extents, 0), MOST_EXTENTS);
                for (int index = 0; index < count; index++)
                    if (BitConverter.ToInt32(extents, EXTENTS_AT + index * EXTENT_BYTES) == disk) return true;
                return false;
            }
            finally
            {
                CloseHandle(handle);
            }
        }

        /* With a backslash at the end the name would be that of its root folder. */
        static string Device(string volume)
        {
            return volume.TrimEnd('\\');
        }

        /* What a person knows it by: its letter or folder. */
        static string ShownName(string volume)
        {
            byte[] names = new byte[4096];
            uint returned;
            string first = GetVolumePathNamesForVolumeNameW(volume, names, (uint)names.Length / 2, out returned) ? Text(names) : "";
            return first == "" ? volume : first;
        }

        /* UTF-16 up to the first zero. */
        static string Text(byte[] bytes)
        {
            string text = Encoding.Unicode.GetString(bytes);
            int end = text.IndexOf('\0');
            return end < 0 ? text : text.Substring(0, end);
        }

        static string Json(string text)
        {
            StringBuilder json = new StringBuilder("\"");
            foreach (char letter in text)
                if (letter < ' ' || letter > '~' || letter == '"' || letter == '\\') json.Append("\\u").Append(((int)letter).ToString("x4"));
                else json.Append(letter);
            return json.Append('"').ToString();
        }
    }
}
