/*
 * Starts a program that opens a file for its parent, takes over the open file, and becomes another program, which finds it as descriptor 3.
 *
 *     receive-descriptor OPENER [ARGUMENT ...] -- PROGRAM [ARGUMENT ...]
 *
 * On macOS the opener is authopen(1) with -stdoutpipe: it asks for an administrator's permission, opens a disk, and sends the descriptor through
 * its standard output, which must be a socket (unix(4), SCM_RIGHTS). Node cannot take a descriptor out of a socket; this program can, and then
 * calls execv, so that Node has the lab as its parent, and the lab's pipes as its standard input and output.
 *
 * Both programs are given by their full paths. Exit codes of its own: 64 it was called wrongly, 71 the system failed it, 77 no descriptor came
 * (the opener has said why on standard error). Plain POSIX, so that Linux tests it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLED_WRONGLY = 64, SYSTEM_FAILED = 71, NOT_GIVEN = 77, HANDED_ON = 3 };

static int failed(const char *what) {
    fprintf(stderr, "receive-descriptor: %s: %s\n", what, strerror(errno));
    return SYSTEM_FAILED;
}

/* In the child: never returns. */
static void become_opener(char **arguments, int socket, int other_end) {
    /* The job is already on its way through standard input: it is not for the opener. */
    int nothing = open("/dev/null", O_RDONLY);
    close(other_end);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(socket, STDOUT_FILENO) < 0) _exit(failed("standard input and output of the opener"));
    if (nothing > STDERR_FILENO) close(nothing);
    if (socket > STDERR_FILENO) close(socket);
    execv(arguments[0], arguments);
    _exit(failed(arguments[0]));
}

/* One message with one descriptor; -1 when the other end closed, or sent something else. */
static int receive(int socket) {
    union {
        struct cmsghdr aligned;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    char text[64];
    struct iovec data = {.iov_base = text, .iov_len = sizeof text};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t received;
    do received = recvmsg(socket, &message, 0);
    while (received < 0 && errno == EINTR);
    if (received <= 0) return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int))) return -1;
    int descriptor;
    memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    return descriptor;
}

int main(int count, char **arguments) {
    int end = 1;
    while (end < count && strcmp(arguments[end], "--") != 0) end++;
    if (end == 1 || end + 1 >= count) {
        fputs("usage: receive-descriptor OPENER [ARGUMENT ...] -- PROGRAM [ARGUMENT ...]\n", stderr);
        return CALLED_WRONGLY;
    }
    arguments[end] = NULL;

    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return failed("socketpair");
    pid_t opener = fork();
    if (opener < 0) return failed("fork");
    if (opener == 0) become_opener(&arguments[1], ends[1], ends[0]);
    close(ends[1]);

    int descriptor = receive(ends[0]);
    close(ends[0]);
    int status;
    while (waitpid(opener, &status, 0) < 0 && errno == EINTR) {
    }
    if (descriptor < 0) return NOT_GIVEN;

    if (descriptor == HANDED_ON) {
        /* It must live on in the next program. dup2 sees to that, but does nothing for a descriptor that is in its place already. */
        if (fcntl(descriptor, F_SETFD, 0) != 0) return failed("fcntl");
    } else {
        if (dup2(descriptor, HANDED_ON) < 0) return failed("dup2");
        close(descriptor);
    }
    execv(arguments[end + 1], &arguments[end + 1]);
    return failed(arguments[end + 1]);
}
