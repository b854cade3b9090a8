// SPDX-License-Identifier: MIT
// Who listens on a port: real sockets, and a /proc of our own for what cannot be had here.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "ctest/unit/machine/fake_tree.h"
#include "fixtures/machine/processes.h"

namespace assay::machine {
namespace {

// A socket bound to a port the system chose.
class Socket {
 public:
  explicit Socket(int family) : family_(family), descriptor_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  bool Bind() {
    if (family_ == AF_INET6) {
      sockaddr_in6 address{};
      address.sin6_family = AF_INET6;
      address.sin6_addr = in6addr_loopback;
      return BindTo(&address, address.sin6_port);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return BindTo(&address, address.sin_port);
  }
  bool Listen() { return listen(descriptor_, 1) == 0; }
  std::uint16_t port() const { return port_; }

 private:
  template <typename Address>
  bool BindTo(Address* address, in_port_t& port) {
    socklen_t size = sizeof *address;
    if (bind(descriptor_, reinterpret_cast<sockaddr*>(address), size) != 0) return false;
    if (getsockname(descriptor_, reinterpret_cast<sockaddr*>(address), &size) != 0) return false;
    port_ = ntohs(port);
    return true;
  }
  int family_;
  int descriptor_;
  std::uint16_t port_ = 0;
};

TEST(ListeningProcessOnLoopback, IsWhoOpenedTheSocket) {
  Socket socket(AF_INET);
  ASSERT_TRUE(socket.Bind() && socket.Listen());
  const Reading<Pid> pid = ListeningProcess(socket.port());
  ASSERT_TRUE(pid.has_value()) << pid.reason();
  EXPECT_EQ(*pid, getpid());
}

TEST(ListeningProcessOnLoopback, IsFoundOnVersionSix) {
  Socket socket(AF_INET6);
  if (!socket.Bind()) GTEST_SKIP() << "no IPv6 here";
  ASSERT_TRUE(socket.Listen());
  const Reading<Pid> pid = ListeningProcess(socket.port());
  ASSERT_TRUE(pid.has_value()) << pid.reason();
  EXPECT_EQ(*pid, getpid());
}

TEST(ListeningProcessOnLoopback, DoesNotTakeABoundSocketForOneThatListens) {
  Socket socket(AF_INET);
  ASSERT_TRUE(socket.Bind());
  const Reading<Pid> pid = ListeningProcess(socket.port());
  ASSERT_FALSE(pid.has_value());
  EXPECT_EQ(pid.reason(), "nothing listens on port " + std::to_string(socket.port()) + " of the loopback interface");
}

TEST(ListeningProcessOnLoopback, IsTheOldestOfThoseThatShareTheSocket) {
  Socket socket(AF_INET);
  ASSERT_TRUE(socket.Bind() && socket.Listen());
  int end[2] = {};
  ASSERT_EQ(pipe(end), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(end[1]);
    char byte = 0;
    while (read(end[0], &byte, 1) > 0) {
    }
    _exit(0);
  }
  close(end[0]);
  const Reading<Pid> pid = ListeningProcess(socket.port());
  close(end[1]);
  waitpid(child, nullptr, 0);
  ASSERT_TRUE(pid.has_value()) << pid.reason();
  EXPECT_EQ(*pid, getpid());
}

// Port 5273 is 1499 in hexadecimal; the addresses are in the byte order of the machine.
std::string Table(std::uint32_t address, int inode) {
  char hex[9] = {};
  std::snprintf(hex, sizeof hex, "%08X", static_cast<unsigned int>(address));
  return "  sl  local_address rem_address   st\n   0: " + std::string(hex) +
         ":1499 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 " + std::to_string(inode) +
         " 1 0\n";
}

TEST(ListeningProcessInATable, OwnsTheSocketWithTheInode) {
  const FakeTree tree;
  tree.Write("proc/net/tcp", Table(htonl(INADDR_LOOPBACK), 4242));
  tree.AddProcess(9, {});
  tree.Link("proc/9/fd/3", "socket:[42420]");
  tree.AddProcess(10, {1, "late", 0, 0, 0, 300, 1, 1});
  tree.Link("proc/10/fd/3", "socket:[4242]");
  tree.AddProcess(700, {1, "early", 0, 0, 0, 200, 1, 1});  // numbers start again, starting times do not
  tree.Link("proc/700/fd/0", "/dev/null");
  tree.Link("proc/700/fd/77", "socket:[4242]");
  const Reading<Pid> pid = ListeningProcess(5273, tree.roots());
  ASSERT_TRUE(pid.has_value()) << pid.reason();
  EXPECT_EQ(*pid, 700);
}

TEST(ListeningProcessInATable, PrefersLoopbackToAllInterfaces) {
  const FakeTree tree;
  tree.Write("proc/net/tcp", Table(0, 1) + Table(htonl(INADDR_LOOPBACK), 2).substr(Table(0, 1).find('\n') + 1));
  tree.AddProcess(10, {});
  tree.Link("proc/10/fd/3", "socket:[1]");
  tree.AddProcess(20, {});
  tree.Link("proc/20/fd/3", "socket:[2]");
  EXPECT_EQ(*ListeningProcess(5273, tree.roots()), 20);
}

TEST(ListeningProcessInATable, OfAnotherUserIsAbsentWithTheReason) {
  const FakeTree tree;
  tree.Write("proc/net/tcp", Table(htonl(INADDR_LOOPBACK), 4242));
  tree.AddProcess(10, {});  // without a folder of its files
  EXPECT_EQ(ListeningProcess(5273, tree.roots()).reason(),
            "the process that listens on port 5273 belongs to another user or to another container");
}

TEST(ListeningProcessInATable, ThatIsMissingIsNamed) {
  const FakeTree tree;
  EXPECT_EQ(ListeningProcess(80, tree.roots()).reason(),
            "nothing listens on port 80 of the loopback interface, as far as can be read: there is no " +
                tree.roots().proc + "/net/tcp6");
}

}  // namespace
}  // namespace assay::machine
