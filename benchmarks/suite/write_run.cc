// SPDX-License-Identifier: MIT
#include "benchmarks/suite/write_run.h"

#include <cerrno>
#include <fstream>
#include <system_error>

#include "benchmarks/suite/summary.h"
#include "fixtures/base/files.h"

namespace assay::suite {
namespace {

namespace fs = std::filesystem;

base::Error CannotWrite(const fs::path& path, const std::string& why) {
  return {base::ErrorCode::kIo, "cannot write: " + why, path.string()};
}

base::Status WriteInto(const fs::path& path, const run::GoogleBenchmarkText& text) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  const auto failed = [&path] { return CannotWrite(path, std::error_code(errno, std::generic_category()).message()); };
  if (!stream) return failed();
  const base::Status written = text([&](std::string_view piece) -> base::Status {
    if (!stream.write(piece.data(), static_cast<std::streamsize>(piece.size()))) return failed();
    return {};
  });
  ASSAY_RETURN_IF_ERROR(written);
  stream.close();
  return stream ? base::Status() : failed();
}

}  // namespace

base::Status WritePieces(const fs::path& path, const run::GoogleBenchmarkText& text) {
  std::error_code ec;
  const fs::file_status status = fs::status(path, ec);
  if (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status)) return WriteInto(path, text);
  // Behind a link its target is replaced; the link stays.
  fs::path target = fs::is_symlink(fs::symlink_status(path, ec)) ? fs::weakly_canonical(path, ec) : path;
  if (target.empty()) target = path;
  if (target.has_parent_path()) ASSAY_RETURN_IF_ERROR(base::CreateDirectories(target.parent_path()));
  fs::path partial = target;
  partial += ".partial";
  base::Status written = WriteInto(partial, text);
  if (written.ok()) {
    fs::rename(partial, target, ec);
    if (ec) written = CannotWrite(target, ec.message());
  }
  if (!written.ok()) {
    std::error_code ignored;
    fs::remove(partial, ignored);
  }
  return written;
}

base::Status WriteRun(const Options& options, run::RunWriter& writer, const Measured& measured,
                      const run::RunInfo& info, std::ostream& out, std::ostream& err) {
  ASSAY_RETURN_IF_ERROR(writer.Finish(measured.google_benchmark, info));
  if (options.benchmark_out) ASSAY_RETURN_IF_ERROR(WritePieces(*options.benchmark_out, measured.google_benchmark));
  if (options.benchmark_format == "json") {
    // Whether standard output took it is looked at when the program ends.
    return measured.google_benchmark([&out](std::string_view piece) -> base::Status {
      out << piece;
      return {};
    });
  }
  PrintSummary(info, {measured.measuring_time, measured.anchors_time}, writer.directory(),
               options.benchmark_format == "csv" ? err : out);
  return {};
}

}  // namespace assay::suite
