// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>
#include <sys/types.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>

namespace tagwire::alarms {

/// A disk that is full, broken or hangs, for every file that SQLite writes in this program while the object lives: it
/// takes the place of a system call, by SQLite's own interface for tests.
class FaultyDisk {
 public:
  FaultyDisk() {
    sqlite3_vfs *files = sqlite3_vfs_find(nullptr);
    real = reinterpret_cast<Write>(files->xGetSystemCall(files, "pwrite64"));
    if (real) {
      files->xSetSystemCall(files, "pwrite64", reinterpret_cast<sqlite3_syscall_ptr>(&FaultyDisk::write));
    }
  }
  ~FaultyDisk() {
    heal();
    sqlite3_vfs *files = sqlite3_vfs_find(nullptr);
    files->xSetSystemCall(files, "pwrite64", nullptr);
  }
  FaultyDisk(const FaultyDisk &) = delete;
  FaultyDisk &operator=(const FaultyDisk &) = delete;

  bool isThere() const { return real != nullptr; }
  /// Every write fails with this, ENOSPC or EIO.
  void fail(int code) { set(code, false); }
  /// No write returns before heal().
  void hang() { set(0, true); }
  void heal() { set(0, false); }
  /// Writes that hang now.
  int hanging() const { return waiting; }

 private:
  using Write = ssize_t (*)(int, const void *, size_t, off_t);

  static void set(int code, bool mustHang) {
    {
      const std::lock_guard lock(mutex);
      error = code;
      hangs = mustHang;
    }
    changed.notify_all();
  }

  static ssize_t write(int descriptor, const void *bytes, size_t count, off_t offset) {
    std::unique_lock lock(mutex);
    ++waiting;
    changed.wait(lock, [] { return !hangs; });
    --waiting;
    if (error != 0) {
      errno = error;
      return -1;
    }
    lock.unlock();
    return real(descriptor, bytes, count, offset);
  }

  static inline Write real = nullptr;
  static inline std::mutex mutex;
  static inline std::condition_variable changed;
  static inline std::atomic_int waiting = 0;
  static inline int error = 0;
  static inline bool hangs = false;
};

}  // namespace tagwire::alarms
