import type { Dictionary } from './zh-CN';

export const en: Dictionary = {
  'app.loading': 'Opening…',
  'app.crashed': 'The interface stopped working',
  'app.crashedHelp':
    'Your conversations are saved. Reload the page; if this keeps happening, send us the text below.',
  'app.reload': 'Reload',
  'app.skip': 'Skip to the text box',
  'app.storageFailed': 'Storage on this device cannot be used: {message}',

  'nav.newChat': 'New chat',
  'nav.models': 'Models',
  'nav.settings': 'Settings',
  'nav.open': 'Open side bar',
  'nav.close': 'Close side bar',
  'nav.sidebar': 'Side bar',
  'nav.conversations': 'Conversations',
  'nav.search': 'Search conversations',
  'nav.noConversations': 'No conversations yet',
  'nav.noMatches': 'No title contains “{query}”',
  'nav.back': 'Back to chat',
  'nav.today': 'Today',
  'nav.week': 'Last 7 days',
  'nav.older': 'Older',
  'nav.converting': 'Converting {model}: {percent}',
  'nav.convertingShort': 'Converting {model}',

  'chat.untitled': 'Untitled',
  'chat.log': 'Conversation',
  'chat.you': 'You',
  'chat.assistant': 'Assistant',
  'chat.message': 'Message',
  'chat.placeholder': 'Write to {model}',
  'chat.send': 'Send',
  'chat.stop': 'Stop',
  'chat.regenerate': 'Regenerate',
  'chat.edit': 'Edit',
  'chat.copy': 'Copy',
  'chat.copied': 'Copied',
  'chat.copyFailed': 'The browser did not allow it. Select the text and copy it by hand.',
  'chat.copyCode': 'Copy code',
  'chat.rename': 'Rename',
  'chat.titleField': 'Conversation title',
  'chat.delete': 'Delete',
  'chat.deleted': 'Deleted “{title}”',
  'chat.undo': 'Undo',
  'chat.actions': 'Actions for “{title}”',
  'chat.previous': 'Previous version',
  'chat.next': 'Next version',
  'chat.version': 'Version {position} of {total}',
  'chat.editField': 'New text',
  'chat.editHint': 'The original and its answers stay as another version.',
  'chat.resend': 'Resend',
  'chat.cancel': 'Cancel',
  'chat.interrupted': 'Interrupted; what was written is kept',
  'chat.stopped': 'Stopped',
  'chat.lengthReached': 'Reached the length limit (change it under Conversation options)',
  'chat.dropped':
    'The conversation no longer fits: the oldest {count} {count|message was|messages were} not sent to the model',
  'chat.thinking': 'Reading the conversation',
  'chat.queued': 'Will be sent when the model is ready',
  'chat.loading': 'The model is loading. Write now; what you send will wait for it.',
  'chat.busyElsewhere': 'Another conversation is being answered; one at a time.',
  'chat.goThere': 'Go there',
  'chat.unavailable': 'The model is not available, so nothing can be sent.',
  'chat.hint': 'Enter to send, Shift + Enter for a new line',
  'chat.speed': '{rate} tokens/s',
  'chat.firstToken': 'first token {time}',
  'chat.tokens': '{count} {count|token|tokens}',
  'chat.reused': '{reused} of {total} prompt tokens cached',
  'chat.guessed': '{accepted} of {drafted} guesses right',
  'chat.toBottom': 'Jump to latest',
  'chat.retry': 'Try again',
  'chat.announceStart': 'The assistant is answering',
  'chat.announceDone': 'Answer finished',
  'chat.announceInterrupted': 'Answer interrupted',
  'chat.announceError': 'Answer failed: {message}',
  'chat.modelMissing':
    'This conversation uses “{model}”, which is not on this device. Import it under Models, or choose another.',
  'chat.otherTab': 'Another tab is answering in this conversation.',

  'empty.title': 'What would you like to ask?',
  'empty.builtIn':
    '{model} is the small model that comes with the app and knows only Aerie itself. For anything else, get Aquila or Ziya under Models.',
  'empty.local': 'Everything runs on this machine; nothing is sent to a server.',
  'empty.ask1': 'Who are you?',
  'empty.ask2': 'How do I import a model?',
  'empty.ask3': 'Are my conversations sent anywhere?',
  'empty.ask4': 'Does it work without a network?',
  'empty.suggestions': 'Try asking',

  'options.open': 'Conversation options',
  'options.title': 'Conversation options',
  'options.close': 'Close conversation options',
  'options.scope': 'For this conversation only, from the next turn on.',
  'options.system': 'System prompt',
  'options.systemHelp': 'Tells the model who it is and how to answer. Empty: the model’s own.',
  'options.temperature': 'Temperature',
  'options.temperatureHelp': '0 always takes the likeliest token; higher is more random.',
  'options.topP': 'Top-p',
  'options.topPHelp': 'Draws only from the likeliest tokens that add up to this; 1 keeps all.',
  'options.topK': 'Top-k',
  'options.topKHelp': 'Draws only from the k likeliest tokens; 0 keeps all.',
  'options.repetitionPenalty': 'Repetition penalty',
  'options.repetitionPenaltyHelp': 'Above 1 makes tokens already used less likely; 1 is off.',
  'options.maxTokens': 'Maximum length',
  'options.maxTokensHelp': 'Most tokens in one answer.',
  'options.seed': 'Seed',
  'options.seedHelp': 'The same seed repeats the same draw on the same GPU. Empty: different each time.',
  'options.default': 'Default {value}',
  'options.random': 'different each time',
  'options.none': 'none',
  'options.changed': 'Changed',
  'options.reset': 'Reset to default',
  'options.resetAll': 'Reset all',
  'options.outOfRange': 'Enter a number from {min} to {max}.',
  'options.notInteger': 'Enter a whole number from {min} to {max}.',
  'options.tooLong': 'The system prompt may have at most {max} characters.',

  'model.choose': 'Current model: {model}, {state}',
  'model.chooseTitle': 'Model of this conversation',
  'model.manage': 'Manage models…',
  'model.noGpu': 'No usable GPU',
  'model.state.idle': 'not loaded',
  'model.state.loading': 'loading',
  'model.state.ready': 'ready',
  'model.state.failed': 'failed to load',
  'model.state.incomplete': 'incomplete',
  'model.phase.download': 'Fetch files',
  'model.phase.verify': 'Verify',
  'model.phase.gpu': 'To the GPU',
  'model.phase.compile': 'Compile',
  'model.loadingTitle': 'Loading {model}',
  'model.loadedIn': 'Loaded in {total}: reading {read}, GPU {gpu}, kernels {kernels}',
  'model.bytesOf': '{doneBytes} / {totalBytes}',
  'model.loadFailed': '{model} could not be loaded',
  'model.retry': 'Try again',

  'models.title': 'Models',
  'models.intro': 'Models are kept in this browser, on this machine. Delete them whenever you like.',
  'models.installed': 'On this machine',
  'models.builtIn': 'Built in',
  'models.converted': 'converted here',
  'models.imported': 'Imported',
  'models.stock': 'web-llm',
  'models.load': 'Load',
  'models.unload': 'Unload',
  'models.use': 'Start a chat',
  'models.delete': 'Delete',
  'models.deleteNamed': 'Delete {model}',
  'models.loadNamed': 'Load {model}',
  'models.unloadNamed': 'Unload {model}',
  'models.useNamed': 'Start a chat with {model}',
  'models.deleteTitle': 'Delete {model}?',
  'models.deleteBody':
    '[This frees {sizeBytes}. ]Its conversations stay, but need another model to continue.',
  'models.deleted': 'Deleted {model}',
  'models.context': 'Context',
  'models.contextTokens': '{count} tokens',
  'models.incompleteHelp':
    'The last import did not finish. Import the same model again to continue it, or delete it.',
  'models.import': 'Import a model',
  'models.importIntro':
    'Takes finished packages in MLC format, publishers’ own weights (safetensors or PyTorch) and LoRAs, and tells which it is. Every file of a package is checked by length and hash.',
  'models.importFolder': 'Choose folder',
  'models.importFiles': 'Choose files',
  'models.dropHere': 'or drop a folder or files here',
  'models.dropNow': 'Release to import',
  'models.importUrl': 'Import from a URL',
  'models.urlHelp':
    'The folder of a finished package, or the page of a repository. Contacts that server, which must allow cross-origin requests (CORS).',
  'models.urlInvalid': 'Enter a full address that starts with https://.',
  'models.urlStart': 'Download',
  'models.importing': 'Importing {model}',
  'models.importCancel': 'Cancel import',
  'models.importDone': '{model} is imported',
  'models.importCancelled': 'Import cancelled; nothing half-stored is left',
  'models.importFailed': 'Import failed',
  'models.notPackage':
    'There is no mlc-chat-config.json here, so this is not an MLC package, and no config.json with weights, so it is no published checkpoint either. Choose the folder that contains them.',
  'models.more': 'More models (web-llm)',
  'models.moreIntro':
    'Models compiled for web-llm, run by its own engine. Using one downloads weights and a library from huggingface.co and raw.githubusercontent.com.',
  'models.moreFilter': 'Filter models',
  'models.moreEmpty': 'No model matches.',
  'models.moreCount': '{count} {count|model|models}',
  'models.vram': 'about {vramBytes} of GPU memory',
  'models.storage': 'Storage',
  'models.storageUsed': '{usedBytes} used, {freeBytes} free',
  'models.storageUnknown': 'The browser does not say how much storage is used.',
  'models.listFailed': 'The list of models could not be read',

  'settings.title': 'Settings',
  'settings.appearance': 'Appearance',
  'settings.language': 'Language',
  'settings.languageAuto': 'Same as system',
  'settings.theme': 'Theme',
  'settings.themeAuto': 'Same as system',
  'settings.themeLight': 'Light',
  'settings.themeDark': 'Dark',
  'settings.sampling': 'Sampling in new conversations',
  'settings.samplingHelp':
    'Left empty, each model uses its own defaults. Existing conversations stay as they are.',
  'settings.samplingPlaceholder': 'Model’s own',
  'settings.storage': 'Storage',
  'settings.persisted': 'The browser has promised not to clear this data by itself.',
  'settings.notPersisted': 'When space runs short, the browser may clear models and conversations by itself.',
  'settings.persist': 'Ask to keep data',
  'settings.persistDenied': 'The browser declined. Install Aerie as an app or bookmark it, then ask again.',
  'settings.install': 'Install as an app',
  'settings.installHelp': 'Opens from the desktop like any program, and works offline.',
  'settings.gpu': 'GPU',
  'settings.about': 'About',
  'settings.version': 'Version {version}, Apache-2.0 licence',
  'settings.aboutText':
    'Aerie runs the Aquila (悟道·天鹰) and Ziya (姜子牙) language models on your own GPU, in the browser, with no server.',
  'settings.privacy': 'What is contacted',
  'settings.privacyIntro': 'This is the whole list:',
  'settings.privacyOrigin':
    '{origin}, where this page comes from: the app and the built-in model, kept on this machine after the first visit.',
  'settings.privacyUrl': 'Servers whose address you enter under “Import from a URL”, during the import only.',
  'settings.privacyHubs':
    'Only when you get a model of the catalogue or test its source: the source you chose, which is huggingface.co or modelscope.cn (possibly through their download servers), or the address you entered. An access token is sent only to the site it is for.',
  'settings.privacyStock':
    'Only if you use “More models (web-llm)”: huggingface.co (weights, possibly through its download servers) and raw.githubusercontent.com (libraries).',
  'settings.privacyNone':
    'No statistics, no telemetry, no account. Conversations exist only in this browser.',
  'settings.danger': 'Delete data',
  'settings.deleteAll': 'Delete all data',
  'settings.deleteAllHelp':
    'Deletes every conversation, setting and model on this machine. Cannot be undone.',
  'settings.deleteAllTitle': 'Delete all data?',
  'settings.deleteAllBody':
    'Every conversation, setting and imported model is deleted from this machine and cannot be recovered. The built-in model is fetched again at the next visit.',
  'settings.deleteAllConfirm': 'Delete everything',
  'settings.deleteAllBusy': 'An answer, an import or a conversion is running. Stop it first.',

  'doctor.checking': 'Checking the GPU',
  'doctor.problem': 'Models cannot run here yet',
  'doctor.secure': 'Secure context',
  'doctor.webgpu': 'WebGPU',
  'doctor.adapter': 'GPU',
  'doctor.f16': 'Half precision (f16)',
  'doctor.subgroups': 'Subgroups',
  'doctor.binding': 'Largest binding',
  'doctor.buffer': 'Largest buffer',
  'doctor.yes': 'yes',
  'doctor.no': 'no',
  'doctor.fallback':
    'This is a GPU emulated in software and will be slow. Check that “Use graphics acceleration” is on in the browser, or update the graphics driver.',
  'doctor.again': 'Check again',
  'doctor.f16No': 'no (f32 is used instead: works, a little slower)',

  'dialog.close': 'Close',
  'dialog.cancel': 'Cancel',
  'convert.doneToast': '{model} is ready',
  'convert.failedToast': '{model} could not be finished',
  'convert.see': 'Show',

  'toast.dismiss': 'Dismiss',
  'toast.region': 'Notifications',

  'pwa.offlineReady': 'The app and its built-in model are stored: it works without a network.',
  'pwa.offlineNotReady':
    'The offline copy is not complete yet: stay online until the built-in model has loaded.',
  'pwa.update': 'A new version is ready.',
  'pwa.updateNow': 'Update and reload',
  'pwa.updateLater': 'Later',
  'pwa.updateBusy': 'It can be installed when the current answer, import or conversion has finished.',

  'markdown.image': 'Image: {alt}',
  'markdown.imageNote': 'Images are not loaded; opens in a new tab',
  'markdown.code': 'code',
  'markdown.task': 'Task',

  'error.insecure-context':
    'This page was not opened over a secure connection, so the browser has turned WebGPU off. Open it with an https:// address, or with http://localhost on this machine.',
  'error.no-webgpu':
    'This browser has no WebGPU. Use a current Chrome or Edge (113 or later); if you do, turn on “Use graphics acceleration” in its settings and restart it.',
  'error.no-adapter':
    'The browser has WebGPU but found no usable GPU. Update the graphics driver, turn on “Use graphics acceleration” in the browser settings and restart it; on Linux, Vulkan may also have to be enabled in chrome://flags.',
  'error.limits-too-small':
    'The limits of this GPU are too small[: one binding holds {bindingBytes}, {neededBindingBytes} are needed][; {storageBuffers} storage buffers per stage, {neededStorageBuffers} are needed]. Update the driver or use another GPU.',
  'error.device-lost':
    'The connection to the GPU was lost[ ({message})]; what was written is kept. Try again; if it keeps happening, use a smaller model or update the driver.',
  'error.out-of-gpu-memory':
    'Not enough GPU memory[: {neededBytes} are needed][: allocating {bytes} failed]. Close other programs that use the GPU, or choose a smaller model.',
  'error.worker-crashed':
    'The background program that runs the model stopped unexpectedly[ ({message})]; what was written is kept. Try again, and the model will be loaded again.',
  'error.model-unknown':
    'There is no such model on this machine[: “{modelId}”]. Import it under Models, or choose another.',
  'error.model-incomplete':
    'The model is incomplete[: “{modelId}”][ lacks {file}]. Import the same model again under Models.',
  'error.file-missing':
    'The package lacks a file[: “{file}”]. Check that the folder is complete, then import it again.',
  'error.file-truncated':
    'A file is incomplete[: “{file}”][, {expectedBytes} expected][, {foundBytes} found][, {actualBytes} found]. Download or copy it again, then import.',
  'error.hash-mismatch':
    'The content of a file differs from its record[: “{file}”] (hash mismatch). It may be damaged; download it again, then import.',
  'error.tensor-missing':
    'The package lacks a tensor[: “{tensor}”]. It may be incomplete or badly converted; convert it again, then import.',
  'error.tensor-mismatch':
    'A tensor has the wrong shape[: “{tensor}”][: {expected} expected, {actual} found]. Configuration and weights belong to different models; check the source, then import again.',
  'error.config-invalid':
    'The model’s configuration is not valid[: {file}][: {field}][ = {value}][ ({reason})]. Check mlc-chat-config.json, or get the model again from its source.',
  'error.quantization-unknown':
    'Unknown quantisation[ “{quantization}”]. Supported are q4f16_1, q4f32_1, q0f16 and q0f32; use a package in one of these.',
  'error.architecture-unknown':
    'Unsupported architecture[ “{architecture}”]. Models shaped like LLaMA work (Aquila, Ziya and others); choose another model.',
  'error.tokenizer-invalid':
    'The tokenizer cannot be read[: “{file}”][: {reason}]. Get the tokenizer files again from the model’s source.',
  'error.format-invalid':
    'A file has the wrong format[: “{file}”][: {reason}]. Check that it belongs to an MLC package, then import again.',
  'error.pickle-refused':
    'A weight file holds more than tensors[: “{file}”][ ({name})] and was not read, for safety. Use the safetensors version instead.',
  'error.delta-mismatch':
    'The delta does not fit its base[: {tensor}]. Use the LLaMA base that its description names.',
  'error.base-mismatch':
    'The base is not the original LLaMA that this delta was taken from[: {reason}]. Choose the LLaMA-13B of the first generation, in Hugging Face layout, not merged with anything.',
  'error.lora-mismatch':
    'The LoRA does not fit this model[: {tensor}][: {reason}]. Choose the model that it was trained on.',
  'error.source-refused':
    '{host} refused access[ to “{file}”][ (status {status})]. Accept the model’s terms there and enter an access token, or download the files yourself and drop them here.',
  'error.source-limited':
    '{host} asks to wait before more is fetched[: {waitSeconds} seconds]. What is converted is kept; continue later.',
  'error.source-changed':
    'The files at the source changed while they were being read[: “{file}”]. What was converted belongs to the older version; start again.',
  'error.conversion-running':
    'A model is being converted already, perhaps in another tab. Wait for it, or pause it there.',
  'error.download-failed':
    'The download failed[: “{file}”][ from {host}][, status {status}]. Check the network and the address; the server must allow cross-origin requests (CORS). Or download the files first and import them as a folder.',
  'error.storage-full':
    'Not enough storage[: {neededBytes} are needed][, {freeBytes} are free]. Delete models you do not use or free disk space, then try again.',
  'error.storage-failed':
    'The browser’s storage failed[ ({reason})]. Check that this is not a private window and the disk is not full, then reload the page.',
  'error.model-library-unavailable':
    'The library of this model could not be fetched[ ({reason})]. It is downloaded on first use only; connect to the network and try again, or use an Aquila or Ziya model.',
  'error.message-empty': 'The text is empty. Write something first.',
  'error.message-too-long':
    'This is too long for the context[ by {excessTokens} tokens][ (at most {limit} tokens)]. Shorten it, or lower the maximum length under Conversation options.',
  'error.parameter-out-of-range':
    'A parameter is out of range[: {field}][: {parameter}][ is {value}][, allowed is {min} to {max}]. Correct it under Conversation options.',
  'error.request-unsupported':
    'The engine does not support this request[: {field}][ ({feature})][ ({value})]. Remove that part or choose another model, then try again.',
  'error.busy': 'The model is busy. Wait for the current answer, or press Stop.',
  'error.not-loaded': 'The model is not loaded. Load it under Models, then try again.',
  'error.aborted': 'The operation was cancelled. Start it again when you like.',
  'error.internal':
    'Something unexpected went wrong[: {message}]. Try again; if it keeps happening, reload the page.',
};
