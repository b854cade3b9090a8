// SPDX-License-Identifier: MIT
#include "benchmarks/micro/own_client.h"

#include <optional>
#include <utility>

#include "fixtures/chat/load.h"

namespace assay::micro {

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

base::Status OwnClient::Record(const std::string& model, chat::Completion& completion) {
  run::Sample& sample = completion.sample;
  sample.case_id = "chat/" + model + "/micro/stream:on/max_tokens:0";
  sample.model = model;
  sample.prompt = "micro";
  sample.repetition = asked_++;
  if (completion.answer) completion.answer->case_id = sample.case_id;
  ASSAY_RETURN_IF_ERROR(writer_.Append(sample, completion.answer ? &*completion.answer : nullptr));
  if (sample.outcome != run::Outcome::kOk) return base::Error{base::ErrorCode::kContent, sample.error, url_};
  return {};
}

base::Result<run::Sample> OwnClient::Ask(const std::string& model, const run::Json& request) {
  chat::Client client(*transport_, {url_, std::nullopt, {}});
  chat::Completion completion = client.Complete(model, request);
  ASSAY_RETURN_IF_ERROR(Record(model, completion));
  return std::move(completion.sample);
}

base::Result<std::vector<run::Sample>> OwnClient::AskMany(const std::string& model, const run::Json& request,
                                                          std::size_t count) {
  const chat::Target target{url_, std::nullopt, {}};
  chat::Load load;
  load.requests = load.in_flight = static_cast<std::int64_t>(count);
  load.request = [&request](std::int64_t) { return request; };
  std::vector<run::Sample> samples;
  base::Status good;
  chat::RunLoad(*loop_, target, model, load,
                [&](std::int64_t, chat::Completion completion) {
                  if (base::Status recorded = Record(model, completion); !recorded.ok() && good.ok())
                    good = std::move(recorded);
                  samples.push_back(std::move(completion.sample));
                },
                {});
  if (!good.ok()) return good.error();
  return samples;
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
