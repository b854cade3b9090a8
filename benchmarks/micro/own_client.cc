// SPDX-License-Identifier: MIT
#include "benchmarks/micro/own_client.h"

#include <optional>
#include <utility>

#include "fixtures/chat/client.h"
#include "fixtures/http/sse_parser.h"

namespace assay::micro {
namespace {

// What one of many streams notes while bytes arrive.
struct Stream {
  http::SseParser parser;
  std::vector<http::SseEvent> events;
  std::vector<base::Moment> stamps;
  base::Moment start;
  std::string problem;
};

NotedAnswer NotedFrom(const Stream& stream) {
  NotedAnswer noted;
  noted.start_ns = base::SteadyNanoseconds(stream.start);
  noted.id = stream.events.empty() ? std::string() : IdOf(stream.events.front().data);
  for (const base::Moment at : stream.stamps) noted.events_ns.push_back(base::SteadyNanoseconds(at));
  return noted;
}

}  // namespace

std::string IdOf(std::string_view event) {
  constexpr std::string_view kKey = "\"id\":\"";
  const std::size_t at = event.find(kKey);
  if (at == std::string_view::npos) return {};
  event.remove_prefix(at + kKey.size());
  return std::string(event.substr(0, event.find('"')));
}

NotedAnswer NotedFrom(const run::Sample& sample) {
  NotedAnswer noted;
  noted.id = sample.response_id.value_or("");
  noted.start_ns = sample.timeline.start_ns;
  for (const run::Event& event : sample.timeline.events) {
    noted.events_ns.push_back(sample.timeline.start_ns + event.at.count());
  }
  return noted;
}

base::Result<OwnClient> OwnClient::Create(std::string url, const std::filesystem::path& directory) {
  ASSAY_TRY(run::RunWriter writer, run::RunWriter::Create(directory));
  return OwnClient(std::move(url), std::move(writer));
}

base::Result<run::Sample> OwnClient::Ask(const std::string& model, const run::Json& request) {
  chat::Client client(*transport_, {url_, std::nullopt, {}});
  chat::Completion completion = client.Complete(model, request);
  run::Sample& sample = completion.sample;
  sample.case_id = "chat/" + model + "/micro/stream:on/max_tokens:0";
  sample.model = model;
  sample.prompt = "micro";
  sample.repetition = asked_++;
  if (completion.answer) completion.answer->case_id = sample.case_id;
  ASSAY_RETURN_IF_ERROR(writer_.Append(sample, completion.answer ? &*completion.answer : nullptr));
  if (sample.outcome != run::Outcome::kOk) return base::Error{base::ErrorCode::kContent, sample.error, url_};
  return std::move(sample);
}

base::Result<std::vector<NotedAnswer>> OwnClient::AskMany(const std::string& body, std::size_t count) {
  std::vector<Stream> streams(count);
  for (Stream& stream : streams) {
    http::Request request;
    request.method = "POST";
    request.url = url_ + "/v1/chat/completions";
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "text/event-stream"}};
    request.body = body;
    http::Receiver receiver;
    receiver.on_bytes = [&stream](std::string_view bytes, base::Moment at) {
      if (const base::Status pushed = stream.parser.Push(bytes, stream.events); !pushed.ok()) return false;
      stream.stamps.resize(stream.events.size(), at);
      return true;
    };
    receiver.on_done = [&stream](const std::optional<http::Failure>& failure, const http::Exchange& exchange) {
      stream.start = exchange.start;
      if (failure) {
        stream.problem = failure->error.what;
      } else if (exchange.status != 200) {
        stream.problem = "HTTP " + std::to_string(exchange.status);
      }
    };
    loop_->Start(std::move(request), std::move(receiver));
  }
  loop_->Run();
  std::vector<NotedAnswer> noted;
  for (const Stream& stream : streams) {
    if (!stream.problem.empty()) return base::Error{base::ErrorCode::kContent, stream.problem, url_};
    noted.push_back(NotedFrom(stream));
  }
  return noted;
}

std::size_t OwnClient::Get(const std::string& path, std::size_t count) {
  http::Request request;
  request.url = url_ + path;
  std::size_t good = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const base::Result<http::Response> response = http::Fetch(*transport_, request);
    if (response.ok() && response->exchange.status == 200) ++good;
  }
  return good;
}

}  // namespace assay::micro
