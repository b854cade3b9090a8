// SPDX-License-Identifier: MIT
#include "benchmarks/suite/pair_options.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "fixtures/base/text.h"
#include "fixtures/catalogue/prompts.h"
#include "fixtures/process/process.h"

namespace assay::suite {
namespace {

base::Error Usage(std::string what) { return base::Error{base::ErrorCode::kUsage, std::move(what), ""}; }

std::string Quoted(std::string_view text) { return "'" + base::EscapeForTerminal(text) + "'"; }

bool IsUrl(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

// Reads one side, part after part.
class SideReader {
 public:
  SideReader(const Options& ordinary, const Environment& environment, PairSideOptions& side)
      : environment_(environment), side_(side), options_(side.options) {
    options_ = ordinary;
  }

  base::Status Read(const std::string& stated) {
    side_.stated = stated;
    if (!base::IsValidUtf8(stated)) return Usage("is not valid UTF-8");
    for (const std::string& part : base::Split(stated, ',')) {
      const std::string_view trimmed = base::Trim(part);
      if (trimmed.empty()) return Usage("has an empty part");
      const std::size_t equals = trimmed.find('=');
      // An address may hold an '=' of its own.
      if (IsUrl(trimmed)) {
        ASSAY_RETURN_IF_ERROR(Take("endpoint", std::string(trimmed)));
      } else if (equals == std::string_view::npos) {
        ASSAY_RETURN_IF_ERROR(Take("model", std::string(trimmed)));
      } else {
        ASSAY_RETURN_IF_ERROR(Take(std::string(trimmed.substr(0, equals)), std::string(trimmed.substr(equals + 1))));
      }
    }
    return Settle();
  }
  bool states_service() const { return states_service_; }

 private:
  // Those that may be stated several times: lists.
  static bool IsList(const std::string& key) {
    return key == "model" || key == "device" || key == "variant" || key == "scenario";
  }

  base::Status Take(const std::string& key, const std::string& value) {
    if (!seen_.insert(key).second && !IsList(key)) return Usage("states " + Quoted(key) + " twice");
    if (value.empty()) return Usage(Quoted(key) + " has no value");
    if (key == "endpoint" || key == "command" || key == "service" || key == "scenario" || key == "api_key_env") {
      states_service_ = true;
      return TakeService(key, value);
    }
    if (key == "model" || key == "device" || key == "variant") return TakeModel(key, value);
    return TakeRequest(key, value);
  }

  base::Status TakeService(const std::string& key, const std::string& value) {
    if (key == "endpoint") {
      if (!IsUrl(value)) return Usage("endpoint should begin with http:// or https://, found " + Quoted(value));
      options_.endpoint = value;
    } else if (key == "command") {
      if (!process::FindOnPath(value)) {
        return Usage("there is no program " + Quoted(value) + "; command= names the `foundry` program of this side");
      }
      options_.foundry_program = value;
    } else if (key == "service") {
      if (value == "embedded") {
        options_.service = session::ServiceChoice::kEmbedded;
      } else if (value == "auto" || value == "none") {
        options_.service = value == "auto" ? session::ServiceChoice::kAuto : session::ServiceChoice::kNone;
      } else {
        return Usage("service should be auto, embedded or none, found " + Quoted(value));
      }
    } else if (key == "scenario") {
      scenario_ += (scenario_.empty() ? "" : ",") + value;
    } else {
      options_.api_key = environment_(value);
      if (!options_.api_key || options_.api_key->empty()) {
        return Usage("the variable " + Quoted(value) + ", which api_key_env names, is not set");
      }
      options_.api_key = std::string(base::Trim(*options_.api_key));
    }
    return {};
  }

  base::Status TakeModel(const std::string& key, const std::string& value) {
    if (key == "model") {
      models_ += (models_.empty() ? "" : ",") + value;
      options_.models = models_;
      return {};
    }
    std::vector<std::string>& list = key == "device" ? options_.devices : options_.variants;
    if (!std::exchange(key == "device" ? has_devices_ : has_variants_, true)) list.clear();
    const std::string text = key == "device" ? base::ToLower(value) : value;
    if (key == "device" && text != "cpu" && text != "gpu" && text != "npu") {
      return Usage("device should be cpu, gpu or npu, found " + Quoted(value));
    }
    if (std::ranges::find(list, text) != list.end()) return Usage("names the " + key + " " + Quoted(value) + " twice");
    list.push_back(text);
    return {};
  }

  base::Status TakeRequest(const std::string& key, const std::string& value) {
    catalogue::RequestOptions& request = options_.request;
    const auto between = [&](double low, double high) -> base::Result<double> {
      const std::optional<double> number = base::ParseDouble(value);
      if (number && *number >= low && *number <= high) return *number;
      return Usage(key + " should be a number between " + std::to_string(static_cast<int>(low)) + " and " +
                   std::to_string(static_cast<int>(high)) + ", found " + Quoted(value));
    };
    const std::optional<std::int64_t> whole = base::ParseInt(value);
    if (key == "temperature") {
      ASSAY_TRY(request.temperature, between(0, 2));
    } else if (key == "top_p") {
      ASSAY_TRY(const double top_p, between(0, 1));
      side_.fields.insert_or_assign(key, top_p);
    } else if (key == "top_k") {
      if (!whole || *whole < 1) return Usage("top_k should be a whole number from 1 on, found " + Quoted(value));
      side_.fields.insert_or_assign(key, *whole);
    } else if (key == "seed") {
      if (!whole && value != "none") return Usage("seed should be a whole number or none, found " + Quoted(value));
      request.seed = whole;
    } else if (key == "max_tokens") {
      if (!whole || *whole < 1 || *whole > catalogue::kMostTokens) {
        return Usage("max_tokens should be between 1 and " + std::to_string(catalogue::kMostTokens) + ", found " +
                     Quoted(value));
      }
      request.max_tokens = whole;
    } else if (key == "stream") {
      if (value != "on" && value != "off") return Usage("stream should be on or off, found " + Quoted(value));
      request.stream = value == "on";
    } else {
      return Usage("does not know " + Quoted(key) + "; a side states " + PairSideHelp());
    }
    return {};
  }

  // What the ordinary command line says of the service gives way to what the side says of it.
  base::Status Settle() {
    const bool endpoint = seen_.contains("endpoint");
    const bool command = seen_.contains("command");
    const bool service = seen_.contains("service");
    if (endpoint && command) return Usage("states an endpoint and a command; one of them finds the service");
    if ((endpoint || command) && service && options_.service == session::ServiceChoice::kEmbedded) {
      return Usage("states service=embedded, a service of our own, and " +
                   std::string(endpoint ? "an endpoint" : "a command") + "; leave one out");
    }
    const bool embedded = options_.service == session::ServiceChoice::kEmbedded;
    if ((endpoint || command) && embedded) options_.service = session::ServiceChoice::kAuto;
    if (!endpoint && (command || service)) options_.endpoint.reset();
    if (endpoint || command) options_.scenario.reset();
    if (!scenario_.empty()) options_.scenario = scenario_;
    return {};
  }

  const Environment& environment_;
  PairSideOptions& side_;
  Options& options_;
  std::set<std::string> seen_;
  std::string scenario_;
  std::string models_;
  bool has_devices_ = false;
  bool has_variants_ = false;
  bool states_service_ = false;
};

bool StatesTheSame(const Options& base, const Options& head) {
  return base.service == head.service && base.endpoint == head.endpoint && base.api_key == head.api_key &&
         base.foundry_program == head.foundry_program && base.scenario == head.scenario;
}

}  // namespace

std::string PairSideHelp() {
  return "endpoint=URL (or just the URL), command=PATH (the `foundry` program), service=auto|embedded|none, "
         "scenario=... (of the embedded service), api_key_env=NAME, model=NAME (or just the name), variant=ID, "
         "device=cpu|gpu|npu, temperature=T, seed=N|none, max_tokens=N, top_p=P, top_k=N, stream=on|off";
}

base::Result<PairOptions> ReadPairOptions(const Options& ordinary, const Environment& environment) {
  PairOptions pair;
  SideReader base(ordinary, environment, pair.base);
  SideReader head(ordinary, environment, pair.head);
  const auto read = [&](SideReader& side, const std::string& text) -> base::Status {
    base::Status status = side.Read(text);
    if (status.ok()) return status;
    return Usage("--pair: the side " + Quoted(text) + ": " + status.error().what);
  };
  ASSAY_RETURN_IF_ERROR(read(base, ordinary.pair->base));
  ASSAY_RETURN_IF_ERROR(read(head, ordinary.pair->head));
  const Options& ours = pair.base.options;
  const bool runs_once = ours.service != session::ServiceChoice::kEmbedded && !ours.scenario;
  const bool states = base.states_service() || head.states_service();
  pair.one_service = !states || (StatesTheSame(ours, pair.head.options) && runs_once);
  if (!pair.one_service && !pair.head.options.state_folder.empty()) {
    pair.head.options.state_folder = HeadStateFolder(ordinary.state_folder);
    pair.head.options.more_state_folders.clear();
  }
  return pair;
}

}  // namespace assay::suite
