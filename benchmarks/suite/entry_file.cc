// SPDX-License-Identifier: MIT
#include "benchmarks/suite/entry_file.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <tuple>

namespace assay::suite {

EntryFile::~EntryFile() {
  if (!file_.is_open()) return;
  file_.close();
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

base::Error EntryFile::Failed(const char* action) const {
  return {base::ErrorCode::kIo,
          std::string("cannot ") + action + ": " + std::error_code(errno, std::generic_category()).message(),
          path_.string()};
}

base::Status EntryFile::Append(const Slot& slot, std::string_view text) {
  if (!file_.is_open()) {
    file_.open(path_, std::ios::in | std::ios::out | std::ios::binary | std::ios::trunc);
    if (!file_) return Failed("write");
  }
  if (!file_.write(text.data(), static_cast<std::streamsize>(text.size()))) return Failed("write");
  entries_.push_back({slot, end_, text.size()});
  end_ += static_cast<std::int64_t>(text.size());
  return {};
}

base::Status EntryFile::ForEach(const std::function<base::Status(std::string_view text)>& take) {
  if (entries_.empty()) return {};
  if (!file_.flush()) return Failed("write");
  std::vector<std::size_t> order(entries_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [this](std::size_t i) {
    return std::tuple(entries_[i].slot.case_index, entries_[i].slot.repetition, i);
  });
  std::string text;
  for (const std::size_t i : order) {
    text.resize(entries_[i].length);
    file_.seekg(static_cast<std::streamoff>(entries_[i].offset));
    if (!file_.read(text.data(), static_cast<std::streamsize>(text.size()))) return Failed("read");
    ASSAY_RETURN_IF_ERROR(take(text));
  }
  // What is appended after this goes to the end again.
  file_.seekp(static_cast<std::streamoff>(end_));
  return file_ ? base::Status() : Failed("read");
}

}  // namespace assay::suite
