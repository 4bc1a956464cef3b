// Numbers that nobody has, and those with a fate of their own.

export const MAGIC = {
  "+14155550186": "Slow to be looked up: its first text waits two seconds, and goes.",
  "+14155550187": "Cannot be looked up: Twilio fails.",
  "+14155550188": "Looked up, and nobody knows what kind of line it is.",
  "+14155550190": "A landline: texts are not delivered.",
  "+14155550191": "The carrier filters what it is sent.",
  "+14155550192": "Cannot be reached.",
  "+14155550193": "Slow: Twilio takes its time.",
  "+14155550194": "Gets its texts, but Twilio's answer is lost.",
  "+14155550195": "An unknown handset.",
  "+14155550196": "Its owner has blocked the firm.",
  "+14155550197": "No mobile number: Twilio refuses it.",
  "+14155550198": "An Internet phone.",
  "+14155550199": "Opted out before the firm came.",
};

const FIRST = 4155550111; // 0100 to 0110 are left for firms

export function unused(taken) {
  let number = FIRST;
  while (taken.includes(`+1${number}`) || MAGIC[`+1${number}`]) number += 1;
  return `+1${number}`;
}

export function national(number) {
  const parts = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return parts ? `(${parts[1]}) ${parts[2]}-${parts[3]}` : number;
}

export const named = (one) => one.friendly_name || national(one.phone_number);
