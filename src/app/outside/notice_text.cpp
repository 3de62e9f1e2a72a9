// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "app/outside/notice_text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <map>

namespace hotline::app {
namespace {

struct Words {
  const char *en, *zh_hans, *zh_hant;
};
std::string in(const Words& words, const std::string& language) {
  return language == "en" ? words.en : language == "zh_hant" ? words.zh_hant : words.zh_hans;
}

const Words& words_of(const std::string& kind) {
  static const std::map<std::string, Words> all{
      {"create", {"New order without an owner", "新工单待受理人认领", "新工單待受理人認領"}},
      {"dispatch", {"Order dispatched to you", "派单：请接单", "派單：請接單"}},
      {"transfer", {"Order transferred", "工单已转派", "工單已轉派"}},
      {"give_back", {"Reply returned", "答复被退回，请重办", "答覆被退回，請重辦"}},
      {"chase", {"Order chased", "催单", "催單"}},
      {"move", {"Order is with you now", "工单已到本部门", "工單已到本部門"}},
      {"add_co_handler", {"Your help is asked for", "请协办", "請協辦"}},
      {"release", {"Help no longer needed", "协办已解除", "協辦已解除"}},
      {"arbitrate", {"Rejection decided", "退单仲裁结果", "退單仲裁結果"}},
      {"reject", {"Order rejected: arbitrate", "部门拒单，请仲裁", "部門拒單，請仲裁"}},
      {"ask_extension", {"Extension asked for", "申请延期，请审批", "申請延期，請審批"}},
      {"approve_extension", {"Extension approved", "延期已批准", "延期已批准"}},
      {"refuse_extension", {"Extension refused", "延期被驳回", "延期被駁回"}},
      {"ask_closing", {"Leave asked for to close unsatisfied", "申请不满意结案，请审批", "申請不滿意結案，請審批"}},
      {"approve_closing", {"Leave to close unsatisfied given", "不满意结案已批准", "不滿意結案已批准"}},
      {"refuse_closing", {"Leave to close unsatisfied refused", "不满意结案被驳回", "不滿意結案被駁回"}},
      {"report_up", {"Reported up", "工单上报", "工單上報"}},
      {"co_reply", {"Co-handler replied", "协办部门已答复", "協辦部門已答覆"}},
      {"accept", {"Accepted by the department", "部门已接单", "部門已接單"}},
      {"tell", {"Result", "办理结果", "辦理結果"}},
      {"hand_over", {"Order offered to you", "工单移交待接", "工單移交待接"}},
      {"take_over", {"Order is yours now", "工单已归您负责", "工單已歸您負責"}},
      {"reply", {"Reply: tell the customer", "部门已答复，请反馈客户", "部門已答覆，請反饋客戶"}},
      {"solve", {"Result: tell the customer", "已有结果，请反馈客户", "已有結果，請反饋客戶"}},
      {"inspect", {"Inspected", "检查结果", "檢查結果"}},
      {"resume", {"Goes on: no longer waits for the customer", "等待客户结束，继续办理", "等待客戶結束，繼續辦理"}},
      {"split", {"No repeat after all", "已取消合并", "已取消合併"}},
      {"reopen", {"Order reopened", "工单重新受理", "工單重新受理"}},
      {"ask", {"Customer is not satisfied", "客户不满意", "客戶不滿意"}},
      {"archive", {"Closed", "已办结归档", "已辦結歸檔"}},
      {"warn", {"Deadline is near", "即将超时", "即將超時"}},
      {"escalate", {"Overdue: escalated to you", "超时升级", "超時升級"}},
      {"visit_booked", {"Your visit is booked", "上门服务已预约", "上門服務已預約"}},
      {"visit_moved", {"The visit was moved", "上门时间已改约", "上門時間已改約"}},
      {"visit_cancelled", {"The visit was cancelled", "上门预约已取消", "上門預約已取消"}},
      {"visit_set_out", {"Our crew is on its way", "服务人员已出发", "服務人員已出發"}},
      {"visit_reminder_due", {"Reminder of your visit", "上门服务提醒", "上門服務提醒"}},
      {"visit_missed", {"We missed the visit", "我方未按约上门", "我方未按約上門"}},
      {"visit_found_nobody", {"Nobody was there", "上门无人", "上門無人"}},
      {"visit_overrun", {"Crew on site for too long", "现场作业超时", "現場作業超時"}}};
  static const Words other{"Notice", "通知", "通知"};
  const auto found = all.find(kind);
  return found == all.end() ? other : found->second;
}

/// "2026-10-01 08:30"
std::string local(std::int64_t ms, std::int64_t offset_min) {
  const auto at = from_unix_ms(ms) + std::chrono::minutes{offset_min};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const auto minute = std::chrono::floor<std::chrono::minutes>(at - day).count();
  const auto two = [](std::int64_t value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  return std::to_string(static_cast<int>(date.year())) + "-" + two(static_cast<unsigned>(date.month())) + "-" +
         two(static_cast<unsigned>(date.day())) + " " + two(minute / 60) + ":" + two(minute % 60);
}

boost::json::object object_of(const std::string& text) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  return error || !value.is_object() ? boost::json::object{} : std::move(value.as_object());
}
std::string text_in(const boost::json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}
std::int64_t number_in(const boost::json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

/// Subjects and screens have one line.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
  return text;
}

}  // namespace

NoticeText notice_text(const Delivery& delivery, const OrderRow* order, const std::string& language) {
  const boost::json::object body = object_of(delivery.body);
  NoticeText out;
  out.title = in(words_of(delivery.kind), language);
  if (delivery.appointment != 0) {
    const std::int64_t offset = number_in(body, "utc_offset_min");
    const std::string when =
        local(number_in(body, "begins_ms"), offset) + " – " + local(number_in(body, "ends_ms"), offset).substr(11);
    out.text = in({"Time: ", "时间：", "時間："}, language) + when;
    if (const std::string place = text_in(body, "place"); !place.empty())
      out.text += "\n" + in({"Place: ", "地点：", "地點："}, language) + place;
    if (delivery.to != "customer" && !text_in(body, "text").empty()) out.text += "\n" + text_in(body, "text");
    return out;
  }
  const std::string matter = text_in(body, "title");
  if (order != nullptr) out.title += " · " + order->number;
  out.title = one_line(std::move(out.title));
  out.text = matter;
  if (const std::string reference = text_in(body, "partner_reference"); !reference.empty())
    out.text += "\n" + in({"Your number: ", "来函编号：", "來函編號："}, language) + reference;
  if (const std::string said = text_in(body, "text"); !said.empty()) out.text += "\n\n" + said;
  return out;
}

std::string shortened(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most);
}

std::string feedback_text(const OutboxEntry& entry, const OrderRow* order) {
  boost::json::object body = object_of(entry.body);
  boost::json::object out;
  out["id"] = std::to_string(entry.id);
  out["kind"] = entry.kind;
  out["at_ms"] = to_unix_ms(entry.at);
  out["order_number"] = order != nullptr ? order->number : "";
  out["reference"] = text_in(body, "partner_reference");
  out["state"] = text_in(body, "state");
  out["title"] = text_in(body, "title");
  out["text"] = text_in(body, "text");
  return boost::json::serialize(out);
}

Duration pause_after(std::int64_t tries, Duration first) {
  constexpr Duration most{3'600'000};
  const auto doublings = std::clamp<std::int64_t>(tries - 1, 0, 20);
  return std::min(most, first * (std::int64_t{1} << doublings));
}

}  // namespace hotline::app
