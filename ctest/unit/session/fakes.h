// SPDX-License-Identifier: MIT
// A service, a command line and a clock that do what a test says. Each remembers what it was asked.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fixtures/base/text.h"
#include "fixtures/session/site.h"

namespace assay::testing {

// Time passes only while somebody waits.
struct FakeTime {
  base::Moment now{std::chrono::seconds(100)};
  base::Nanoseconds slept{0};
  std::function<bool()> cancelled;

  session::Waits Waits() {
    session::Waits waits;
    waits.now = [this] { return now; };
    waits.sleep = [this](base::Nanoseconds time) {
      now += time;
      slept += time;
    };
    waits.cancelled = [this] { return cancelled && cancelled(); };
    return waits;
  }
};

// The world behind one or more FakeServices: they come and go, it stays.
struct World {
  foundry::Generation generation = foundry::Generation::kG3;
  foundry::Capabilities can;
  std::vector<foundry::Variant> rows;
  std::vector<std::string> loaded;
  std::optional<std::int64_t> pid;
  std::optional<std::string> folder;
  std::vector<std::string> calls;  // "load m:1", "unload m:1", ...
  // Errors for the calls to come, first one first; nothing = success.
  std::deque<std::optional<base::Error>> load_errors;
  std::deque<std::optional<base::Error>> unload_errors;
  std::deque<std::optional<base::Error>> download_errors;
  base::Status ping;
  std::optional<base::Error> list_error;
  std::optional<base::Error> loaded_error;
  std::function<base::Result<std::int64_t>(const std::string& id, const run::Json& messages)> count;
  std::function<void()> on_load;
  base::Nanoseconds load_takes = std::chrono::milliseconds(250);  // as the service's client times it
  // What a load brings; nothing = what was asked for.
  std::optional<std::string> loads_instead;

  bool IsLoaded(const std::string& id) const { return std::ranges::find(loaded, id) != loaded.end(); }
  int Calls(const std::string& call) const { return static_cast<int>(std::ranges::count(calls, call)); }
  static std::optional<base::Error> Next(std::deque<std::optional<base::Error>>& errors) {
    if (errors.empty()) return std::nullopt;
    std::optional<base::Error> error = errors.front();
    errors.pop_front();
    return error;
  }
};

class FakeService final : public foundry::Service {
 public:
  FakeService(World& world, std::string url) : world_(world), url_(std::move(url)), pid_(world.pid) {}

  foundry::Generation generation() const override { return world_.generation; }
  const std::string& base_url() const override { return url_; }
  foundry::Capabilities capabilities() const override { return world_.can; }
  std::optional<std::int64_t> pid() const override { return pid_; }
  std::optional<std::string> model_folder() const override { return world_.folder; }
  base::Status Ping() override { return world_.ping; }
  base::Result<std::vector<foundry::Variant>> ListVariants() override {
    world_.calls.push_back("list");
    if (world_.list_error) return *world_.list_error;
    return world_.rows;
  }
  base::Result<std::vector<std::string>> LoadedIds() override {
    world_.calls.push_back("loaded");
    if (world_.loaded_error) return *world_.loaded_error;
    return world_.loaded;
  }
  base::Result<foundry::LoadDone> Load(const std::string& id, const std::optional<std::string>& alias) override {
    world_.calls.push_back("load " + id + (alias ? " " + *alias : ""));
    if (world_.on_load) world_.on_load();
    if (auto error = World::Next(world_.load_errors)) return *error;
    world_.loaded.push_back(world_.loads_instead.value_or(id));
    return foundry::LoadDone{world_.load_takes};
  }
  base::Status Unload(const std::string& id, const std::optional<std::string>&) override {
    world_.calls.push_back("unload " + id);
    if (auto error = World::Next(world_.unload_errors)) return *error;
    std::erase(world_.loaded, id);
    return {};
  }
  base::Result<std::int64_t> CountTokens(const std::string& id, const run::Json& messages) override {
    world_.calls.push_back("count " + id);
    return world_.count(id, messages);
  }
  base::Status Download(const std::string& id, const foundry::OnProgress& on_progress) override {
    world_.calls.push_back("download " + id);
    for (const double percent : {0.0, 9.9, 10.0, 55.5, 100.0}) on_progress(percent, "");
    if (auto error = World::Next(world_.download_errors)) return *error;
    for (foundry::Variant& row : world_.rows) {
      if (foundry::SameVariant(row.id, id)) row.cached = true;
    }
    return {};
  }

 private:
  World& world_;
  std::string url_;
  std::optional<std::int64_t> pid_;
};

// What it says at each call is a queue whose last entry stays.
class FakeCommand final : public session::ServiceCommand {
 public:
  template <typename T>
  static T Next(std::deque<T>& queue) {
    T value = queue.front();
    if (queue.size() > 1) queue.pop_front();
    return value;
  }

  const std::string& program() const override { return program_; }
  std::string Words(std::string_view verb) const override { return "foundry server " + std::string(verb); }
  base::Result<foundry::ServerStatus> Status() override {
    calls.push_back("status");
    return Next(statuses);
  }
  base::Result<foundry::StartAttempt> BeginStart(const std::filesystem::path&) override {
    calls.push_back("start");
    if (on_start) on_start();
    return foundry::StartAttempt{4711, "start.log"};
  }
  std::string EndStart(const foundry::StartAttempt& attempt) override {
    calls.push_back("end start " + std::to_string(attempt.pid));
    return logs.back();
  }
  std::string StartLog(const foundry::StartAttempt&) override { return Next(logs); }
  base::Status Stop(base::Nanoseconds) override {
    calls.push_back("stop");
    if (on_stop) on_stop();
    return Next(stops);
  }
  base::Result<std::vector<foundry::Variant>> ListVariants() override {
    calls.push_back("list");
    if (list_error) return *list_error;
    return rows;
  }
  base::Status Load(const std::string& id, base::Nanoseconds, const std::function<bool()>& loaded) override {
    calls.push_back("load " + id);
    if (on_load) on_load(id);
    last_loaded = loaded();
    return Next(loads);
  }
  base::Status Unload(const std::string& id, base::Nanoseconds) override {
    calls.push_back("unload " + id);
    return Next(unloads);
  }
  base::Status Download(const std::string& id, base::Nanoseconds, const foundry::OnProgress& on_progress) override {
    calls.push_back("download " + id);
    on_progress(100, "100 %");
    base::Status status = Next(downloads);
    if (status.ok()) {
      for (foundry::Variant& row : rows) {
        if (row.id == id) row.cached = !lies_about_downloads;
      }
    }
    return status;
  }
  base::Result<std::string> Version() override { return std::string("0.10.3"); }
  base::Result<std::string> CacheLocation() override { return cache; }

  int Calls(const std::string& call) const { return static_cast<int>(std::ranges::count(calls, call)); }

  std::vector<std::string> calls;
  std::deque<base::Result<foundry::ServerStatus>> statuses{foundry::ServerStatus{}};
  std::deque<std::string> logs{""};
  std::deque<base::Status> stops{base::Status{}};
  std::deque<base::Status> loads{base::Status{}};
  std::deque<base::Status> unloads{base::Status{}};
  std::deque<base::Status> downloads{base::Status{}};
  std::vector<foundry::Variant> rows;
  std::optional<base::Error> list_error;
  std::string cache;
  std::function<void()> on_start, on_stop;
  std::function<void(const std::string& id)> on_load;
  bool last_loaded = false;
  bool lies_about_downloads = false;

 private:
  std::string program_ = "foundry";
};

inline base::Error Refused(std::string what = "refused", base::ErrorCode code = base::ErrorCode::kUnavailable) {
  return base::Error{code, std::move(what), ""};
}

inline foundry::Variant Row(std::string id) {
  foundry::Variant row;
  row.id = std::move(id);
  return row;
}

}  // namespace assay::testing
