// SPDX-License-Identifier: MIT
// A program for the tests of fixtures/process to start. Uses nothing of Assay. Modes that wait give up after a minute,
// so that a failed test leaves nothing behind for long.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#ifndef _WIN32
#include <fcntl.h>
#include <unistd.h>
#endif

namespace {

void WaitAMinute() { std::this_thread::sleep_for(std::chrono::minutes(1)); }

// Both streams at once, so that a reader who takes one after the other blocks us.
int Flood(std::size_t bytes) {
  const std::string block(1000, 'x');
  for (std::size_t written = 0; written < bytes; written += block.size()) {
    std::fwrite(block.data(), 1, block.size(), stdout);
    std::fwrite(block.data(), 1, block.size(), stderr);
  }
  return 0;
}

int PrintLines() {
  std::cout << "one\r\ntwo\n\nlast without newline" << std::flush;
  std::cerr << "first complaint\nit broke\n";
  return 3;
}

// A progress bar as programs draw it, with a complaint on the other stream.
int ShowProgress() {
  std::cout << "Downloading\r\n  0.00 %\r 50.00 %\r100.00 %\r\nsaved\n\nbye" << std::flush;
  std::cerr << "slow mirror\n" << std::flush;
  return 4;
}

// Deaf to SIGTERM, so that only the end of the input explains exit code 5.
int WaitForStandardInput() {
  std::signal(SIGTERM, SIG_IGN);
  std::cout << "ready" << std::endl;
  while (std::getchar() != EOF) {
  }
  return 5;
}

#ifndef _WIN32
int IgnoreEverything() {
  std::signal(SIGTERM, SIG_IGN);
  std::cout << "ready" << std::endl;
  WaitAMinute();
  return 0;
}

// The child ends at once; a grandchild with its own copy of both pipes stays.
int LeaveGrandchild() {
  const pid_t grandchild = ::fork();
  if (grandchild == 0) {
    WaitAMinute();
    std::_Exit(0);
  }
  std::cout << "grandchild " << grandchild << std::endl;
  return 7;
}

// As above, but the child stays as well.
int StayWithGrandchild() {
  const pid_t grandchild = ::fork();
  if (grandchild == 0) {
    WaitAMinute();
    std::_Exit(0);
  }
  std::cout << "grandchild " << grandchild << std::endl;
  WaitAMinute();
  return 0;
}

// The grandchild is in a session of its own before anybody hears of it.
int StayWithDaemon() {
  int ready[2];
  if (::pipe(ready) != 0) return 98;
  const pid_t grandchild = ::fork();
  if (grandchild == 0) {
    ::setsid();
    ::close(ready[0]);
    ::close(ready[1]);
    WaitAMinute();
    std::_Exit(0);
  }
  ::close(ready[1]);
  char none = 0;
  static_cast<void>(!::read(ready[0], &none, 1));  // its end comes when the grandchild has left
  std::cout << "grandchild " << grandchild << std::endl;
  WaitAMinute();
  return 0;
}

int PrintPid() {
  std::cout << ::getpid() << std::endl;
  return 0;
}

int CountOpenDescriptors() {
  int open = 0;
  for (int fd = 3; fd < 1024; ++fd) open += ::fcntl(fd, F_GETFD) != -1 ? 1 : 0;
  std::cout << open << std::endl;
  return 0;
}

int PrintGroups() {
  std::cout << (::getpgrp() == ::getpid() ? "leader" : "member") << ' '
            << (::getsid(0) == ::getpid() ? "own session" : "shared session") << std::endl;
  return 0;
}
#endif

int Do(const std::vector<std::string>& arguments) {
  const std::string mode = arguments.empty() ? "" : arguments[0];
  const std::string value = arguments.size() > 1 ? arguments[1] : "";
  if (mode == "exit") return std::atoi(value.c_str());
  if (mode == "echo") {
    for (std::size_t i = 1; i < arguments.size(); ++i) std::cout << '[' << arguments[i] << "]\n";
    return 0;
  }
  if (mode == "variable") {
    const char* found = std::getenv(value.c_str());
    std::cout << (found == nullptr ? "(unset)" : found);
    return 0;
  }
  if (mode == "flood") return Flood(static_cast<std::size_t>(std::atoll(value.c_str())));
  if (mode == "lines") return PrintLines();
  if (mode == "progress") return ShowProgress();
  if (mode == "input") return WaitForStandardInput();
  if (mode == "hang") {
    std::cout << "started" << std::endl;
    WaitAMinute();
    return 0;
  }
#ifndef _WIN32
  if (mode == "signal") return std::raise(std::atoi(value.c_str()));
  if (mode == "stubborn") return IgnoreEverything();
  if (mode == "grandchild") return LeaveGrandchild();
  if (mode == "family") return StayWithGrandchild();
  if (mode == "daemon") return StayWithDaemon();
  if (mode == "pid") return PrintPid();
  if (mode == "descriptors") return CountOpenDescriptors();
  if (mode == "groups") return PrintGroups();
#endif
  std::cerr << "unknown mode '" << mode << "'\n";
  return 99;
}

}  // namespace

int main(int count, char** values) { return Do(std::vector<std::string>(values + 1, values + count)); }
