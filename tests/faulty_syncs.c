/* fsync and fdatasync of a process that is started with this as LD_PRELOAD, as a test tells them to be.
 *
 * The file that FAULTY_SYNCS names holds one word: "fail" for an error of the device, "hang" for a call that does not
 * return as long as it stands there; anything else, or no such file, for the real thing.
 *
 *   cc -shared -fPIC -O1 -Wall -Werror -o faulty_syncs.so faulty_syncs.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int is_told(const char *word)
{
    char told[8] = "";
    const char *path = getenv("FAULTY_SYNCS");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        ssize_t length = read(file, told, sizeof told - 1);
        close(file);
        told[length > 0 ? length : 0] = '\0';
    }
    return strcmp(told, word) == 0;
}

static int synced(long call, int file)
{
    const struct timespec moment = {.tv_sec = 0, .tv_nsec = 5 * 1000 * 1000};
    while (is_told("hang"))
        nanosleep(&moment, NULL);
    if (is_told("fail")) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(call, file);
}

int fsync(int file)
{
    return synced(SYS_fsync, file);
}

int fdatasync(int file)
{
    return synced(SYS_fdatasync, file);
}
