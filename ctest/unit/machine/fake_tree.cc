// SPDX-License-Identifier: MIT
#include "ctest/unit/machine/fake_tree.h"

#include <filesystem>

#include "fixtures/base/result.h"

namespace assay::machine {
namespace {

base::TemporaryDirectory NewFolder() {
  auto folder = base::TemporaryDirectory::Create("assay-machine");
  ASSAY_CHECK(folder.ok(), "no temporary folder");
  return std::move(folder).value();
}

}  // namespace

FakeTree::FakeTree()
    : folder_(NewFolder()), roots_{(folder_.path() / "proc").string(), (folder_.path() / "sys").string()} {}

void FakeTree::Write(std::string_view path, std::string_view content) const {
  const base::Status written = base::WriteFileAtomically(folder_.path() / path, content);
  ASSAY_CHECK(written.ok(), written.error().Message());
}

void FakeTree::Link(std::string_view path, const std::string& target) const {
  std::filesystem::create_directories((folder_.path() / path).parent_path());
  std::filesystem::create_symlink(target, folder_.path() / path);
}

void FakeTree::Remove(std::string_view path) const { std::filesystem::remove_all(folder_.path() / path); }

void FakeTree::AddProcess(Pid pid, const ProcEntry& entry) const {
  const std::string folder = "proc/" + std::to_string(pid);
  const auto number = [](auto value) { return " " + std::to_string(value); };
  // proc_pid_stat(5): 14 and 15 are its own time, 16 and 17 that of its children, 22 the start.
  Write(folder + "/stat", std::to_string(pid) + " (" + entry.name + ") S" + number(entry.parent) +
                              " 1 1 0 -1 0 0 0 0 0" + number(entry.user_ticks) + number(entry.system_ticks) +
                              number(entry.children_ticks) + " 0 20 0 1 0" + number(entry.start_ticks) +
                              " 999 888 777 0 0\n");
  Write(folder + "/status", "Name:\t" + entry.name + "\nPid:\t" + std::to_string(pid) + "\nVmHWM:\t" +
                                std::to_string(entry.peak_kib) + " kB\nVmRSS:\t" + std::to_string(entry.resident_kib) +
                                " kB\n");
}

void FakeTree::AddChildren(Pid pid, Pid thread, std::string_view children) const {
  Write("proc/" + std::to_string(pid) + "/task/" + std::to_string(thread) + "/children", children);
}

}  // namespace assay::machine
